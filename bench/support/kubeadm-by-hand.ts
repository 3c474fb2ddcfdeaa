import { timingOf } from '../../src/config/timing.js'
import type { LabImage } from '../../src/lab/image.js'
import { type Lab, openLab } from '../../src/lab/lab.js'
import type { Machine } from '../../src/machine/machine.js'
import { balancers, type Cluster, controlPlanes, type MachineSpec, nodes, workers } from '../../src/model/cluster.js'
import { machineFiles } from '../../src/render/machine-files.js'

/** As a distribution's package ships it: kubeadm finds and starts it by this name. */
const kubeletUnit = `[Unit]
Description=kubelet
Wants=containerd.service quorate-network.service
After=containerd.service quorate-network.service
[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=1s
[Install]
WantedBy=multi-user.target
`

const registration = (m: MachineSpec): string => `nodeRegistration:
  name: ${m.name}
  criSocket: unix:///run/containerd/containerd.sock
  imagePullPolicy: Never
  kubeletExtraArgs:
    - { name: node-ip, value: ${m.address} }
`

const initConfig = (c: Cluster, m: MachineSpec, key: string): string => `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
certificateKey: ${key}
bootstrapTokens:
  - token: abcdef.0123456789abcdef
localAPIEndpoint: { advertiseAddress: ${m.address}, bindPort: 6443 }
${registration(m)}---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: ${c.kubernetesVersion}
controlPlaneEndpoint: ${c.endpoint.address}:${c.endpoint.port}
networking: { podSubnet: ${c.network.podSubnet}, serviceSubnet: ${c.network.serviceSubnet} }
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
resolvConf: /etc/kubernetes/resolv.conf
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
conntrack: { maxPerCore: 0, min: 0, tcpCloseWaitTimeout: 0s, tcpEstablishedTimeout: 0s }
`

const joinConfig = (c: Cluster, m: MachineSpec, key: string): string => `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: ${c.endpoint.address}:${c.endpoint.port}
    token: abcdef.0123456789abcdef
    unsafeSkipCAVerification: true
${registration(m)}${m.roles.includes('control-plane') ? `controlPlane:\n  certificateKey: ${key}\n  localAPIEndpoint: { advertiseAddress: ${m.address}, bindPort: 6443 }\n` : ''}`

const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf'

/**
 * The way of the guides, on the same machines with the same bundle, nothing downloaded: haproxy and keepalived first, `kubeadm init` on the first
 * control plane, then `kubeadm join` one machine after another, until every node is Ready and every pod of kube-system too. In its favour: machines
 * boot and get their configuration all at once, names resolve, preflight checks are not waited for. Returns the time of each part in milliseconds.
 */
export const kubeadmByHand = async (
  cluster: Cluster,
  image: LabImage,
  stateRoot: string,
): Promise<{ lab: Lab; parts: Record<string, number>; ms: number }> => {
  const startedMs = performance.now()
  const parts: Record<string, number> = {}
  const timed = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const fromMs = performance.now()
    await work()
    parts[name] = performance.now() - fromMs
  }
  const lab = openLab(cluster, stateRoot)
  await lab.prepare()
  const on = (m: MachineSpec): Machine => lab.fleet.machine(m.name)
  const key = 'e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204'
  const left = new Set(['/etc/systemd/system/kubelet.service', '/etc/systemd/system/quorate-etcd-door.service'])
  await timed('machines', () => Promise.all(cluster.machines.map((m) => lab.boot(m.name, image))))
  await timed('configuration', () =>
    Promise.all(
      cluster.machines.map(async (m) => {
        const all = machineFiles(cluster, m, timingOf(cluster), { lab: true, iface: 'host0' })
        const files = all.filter(
          (f) => !left.has(f.path) && !f.path.startsWith('/etc/kubernetes/patches') && !f.path.startsWith('/var/lib/kubelet'),
        )
        const unit = m.roles.includes('balancer') ? [] : [{ path: '/etc/systemd/system/kubelet.service', content: kubeletUnit }]
        await on(m).write([...files, ...unit])
        const ca = m.roles.includes('balancer') ? '' : 'systemctl enable -q kubelet; systemctl start containerd'
        await on(m).sh(`systemctl daemon-reload; ${ca}`, { timeoutMs: 60_000 })
      }),
    ),
  )
  const [first, ...others] = controlPlanes(cluster)
  if (!first) throw new Error('no control plane')
  await timed('init', async () => {
    await on(first).write([{ path: '/root/kubeadm.yaml', content: initConfig(cluster, first, key) }])
    // The balancers check API servers with the authority that kubeadm is about to make.
    await on(first).sh('kubeadm init phase certs ca --config /root/kubeadm.yaml', { timeoutMs: 60_000 })
    const ca = await on(first).read('/etc/kubernetes/pki/ca.crt')
    await Promise.all(
      balancers(cluster).map(async (m) => {
        const paths = ['/etc/haproxy/ca.crt', '/etc/quorate/ca.crt', '/etc/kubernetes/pki/ca.crt']
        const used = machineFiles(cluster, m, timingOf(cluster), { lab: true, iface: 'host0' }).flatMap((f) =>
          [...String(f.content).matchAll(/ca-file (\S+)/g)].map((found) => found[1] ?? ''),
        )
        await on(m).write([...new Set([...paths, ...used])].map((path) => ({ path, content: ca ?? '' })))
        await on(m).sh('systemctl start haproxy keepalived', { timeoutMs: 60_000 })
      }),
    )
    await on(first).sh('kubeadm init --config /root/kubeadm.yaml --upload-certs --ignore-preflight-errors=all', { timeoutMs: 240_000 })
  })
  for (const m of [...others, ...workers(cluster)]) {
    await timed(`join ${m.name}`, async () => {
      await on(m).write([{ path: '/root/kubeadm.yaml', content: joinConfig(cluster, m, key) }])
      await on(m).sh('kubeadm join --config /root/kubeadm.yaml --ignore-preflight-errors=all', { timeoutMs: 240_000 })
    })
  }
  await timed('ready', () =>
    on(first).sh(
      `for n in $(seq 240); do
  ready=$(${kubectl} get nodes --no-headers | grep -cw Ready)
  open=$(${kubectl} -n kube-system get pods --no-headers | awk '{ split($2, r, "/"); if (r[1] != r[2]) n++ } END { print n + 0 }')
  [ "$ready" = ${nodes(cluster).length} ] && [ "$open" = 0 ] && exit 0
  sleep 0.25
done
${kubectl} get nodes,pods -A >&2; exit 1`,
      { timeoutMs: 180_000 },
    ),
  )
  return { lab, parts, ms: performance.now() - startedMs }
}
