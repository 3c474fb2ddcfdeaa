import { environmentLines, goEnvironment } from './environment.js'
import type { RenderOptions } from './options.js'

export const containerdConfigPath = '/etc/containerd/config.toml'
export const containerdUnitPath = '/etc/systemd/system/containerd.service'
/** The image every pod begins with; kubeadm of the same version asks for it. */
export const pauseImage = 'registry.k8s.io/pause:3.10.2'

export const renderContainerdConfig = ({ lab }: RenderOptions): string => `# Written by quorate; changes here are overwritten.
version = 4

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${pauseImage}'

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['/opt/cni/bin']
  conf_dir = '/etc/cni/net.d'

[plugins.'io.containerd.cri.v1.runtime']
  # As often as the kubelet asks. By default every container is looked at every second: a tenth of a processor for ten pods.
  stats_collect_period = '10s'
${
  lab
    ? `  # A machine on this computer may not lower a score, and sees no AppArmor of its own.
  restrict_oom_score_adj = true
  disable_apparmor = true
`
    : `
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  # One manager of cgroups on the machine: systemd.
  SystemdCgroup = true
`
}`

export const renderContainerdUnit = (options: RenderOptions): string => `[Unit]
Description=containerd, which runs the containers of the cluster
Wants=quorate-network.service
After=network.target quorate-network.service

[Service]
Type=notify
${environmentLines(goEnvironment(options))}ExecStart=/usr/local/bin/containerd
Delegate=yes
# Containers outlive it: a restart of containerd stops nothing.
KillMode=process
Restart=always
RestartSec=100ms
LimitNOFILE=${options.lab ? 20000 : 1048576}
TasksMax=infinity
${options.lab ? '' : 'OOMScoreAdjust=-999\n'}
[Install]
WantedBy=multi-user.target
`
