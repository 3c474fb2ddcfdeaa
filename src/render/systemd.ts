import type { Timing } from '../model/timing.js'
import { wholeSeconds } from './duration.js'
import { environmentLines, goEnvironment } from './environment.js'
import { heldSocketUse } from './held-socket.js'
import { masterDownMs } from './keepalived.js'
import { libexec, type ManagedFile } from './managed-file.js'
import type { RenderOptions } from './options.js'

const units = '/etc/systemd/system'
export const kubeletUnitPath = `${units}/kubelet.service`
export const kubeletLinkScriptPath = `${libexec}/kubelet-certificate`

/** Go's HTTP/2 clients find a silent peer by these; without them a reused connection hangs for 45 s. */
export const http2Environment = (timing: Timing): Record<string, string> => ({
  HTTP2_READ_IDLE_TIMEOUT_SECONDS: String(wholeSeconds(timing.http2.readIdleMs)),
  HTTP2_PING_TIMEOUT_SECONDS: String(wholeSeconds(timing.http2.pingMs)),
})

/** Laid out so that kubeadm finds its own: it writes config.yaml and kubeadm-flags.env, and starts the unit by this name. */
export const renderKubeletUnit = (timing: Timing, options: RenderOptions): string => `[Unit]
Description=kubelet, the agent of Kubernetes on this node
Wants=containerd.service quorate-network.service
After=containerd.service quorate-network.service
StartLimitIntervalSec=0

[Service]
${environmentLines({ ...http2Environment(timing), ...goEnvironment(options) })}EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStartPre=${kubeletLinkScriptPath}
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \\
  --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
Restart=always
RestartSec=500ms
KillMode=process
LimitNOFILE=${options.lab ? 20000 : 1048576}
${options.lab ? '' : 'OOMScoreAdjust=-999\n'}
[Install]
WantedBy=multi-user.target
`

/**
 * The kubelet demands that its current client certificate is a link, which it moves at each renewal. The one we issued is linked when
 * there is none, and when ours is newer, as after a change of the authority.
 */
export const renderKubeletLinkScript = (): string => `#!/bin/sh
# Written by quorate.
cd /var/lib/kubelet/pki || exit 1
if [ ! -s kubelet-client-current.pem ] || [ kubelet-client-issued.pem -nt kubelet-client-current.pem ]; then
  ln -sfn /var/lib/kubelet/pki/kubelet-client-issued.pem kubelet-client-current.pem
fi
`

/** Back within some hundredths of a second after a crash, as often as it takes. */
export const renderProxyDropIn = (unit: 'haproxy' | 'nginx', { lab }: RenderOptions): ManagedFile => ({
  path: `${units}/${unit}.service.d/quorate.conf`,
  unit: `${unit}.service`,
  content: `[Unit]
Wants=quorate-network.service
After=quorate-network.service
${unit === 'haproxy' ? heldSocketUse.unit : ''}StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=10ms
${
  unit === 'haproxy'
    ? `${heldSocketUse.service}RuntimeDirectory=haproxy
RuntimeDirectoryPreserve=yes
# The log goes to the journal; a socket for it in a place of its own would cost a mount name space at each start.
BindReadOnlyPaths=
`
    : `# Asked again at each start, it would only make the start longer; what is written was checked before.
ExecStartPre=
# Debian's unit limits its graceful stop of 5 s to 5 s: whichever ended first decided whether a stop with open connections counted as failed.
TimeoutStopSec=10
`
}${lab ? '' : 'OOMScoreAdjust=-900\n'}`,
})

/** Longer than any standby waits before it takes over. */
const restartMs = (timing: Timing): number => Math.ceil((masterDownMs(timing, 1) + 250) / 50) * 50

/**
 * A keepalived that was killed leaves the virtual IP where it was, and packets still arrive. Started again at once it would remove the
 * address before a standby misses its adverts: measured at 0.1 s adverts, 0.16 s without the address, 0.3 s when keepalived itself
 * starts its lost child again. Started after the standby took over, nobody notices. So it waits, and a lost child ends it.
 */
export const renderKeepalivedDropIn = (proxy: 'haproxy' | 'nginx', timing: Timing, { lab }: RenderOptions): ManagedFile => ({
  path: `${units}/keepalived.service.d/quorate.conf`,
  unit: 'keepalived.service',
  content: `[Unit]
Wants=quorate-network.service
# Its check must find the proxy listening, or it starts in FAULT.
After=quorate-network.service ${proxy}.service
StartLimitIntervalSec=0

[Service]
ExecStart=
ExecStart=/usr/sbin/keepalived --dont-fork --dont-respawn $DAEMON_ARGS
Restart=always
# After a standby has taken over: keepalived removes the address when it starts.
RestartSec=${restartMs(timing)}ms
ExecStopPost=-${libexec}/vrrp-state INSTANCE api ENDED
${lab ? '' : 'OOMScoreAdjust=-900\n'}`,
})
