export const containerdConfigPath = '/etc/containerd/config.toml'
export const containerdUnitPath = '/etc/systemd/system/containerd.service'
/** The image every pod begins with; kubeadm of the same version asks for it. */
export const pauseImage = 'registry.k8s.io/pause:3.10.2'

export interface RenderOptions {
  /** Machines made on this computer: a shared kernel, few privileges, no registry, no other purpose than this cluster. */
  lab: boolean
}

export const renderContainerdConfig = ({ lab }: RenderOptions): string => `# Written by quorate; changes here are overwritten.
version = 4

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${pauseImage}'

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['/opt/cni/bin']
  conf_dir = '/etc/cni/net.d'
${
  lab
    ? `
[plugins.'io.containerd.cri.v1.runtime']
  # A machine on this computer may not lower a score, and sees no AppArmor of its own.
  restrict_oom_score_adj = true
  disable_apparmor = true
`
    : `
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  # One manager of cgroups on the machine: systemd.
  SystemdCgroup = true
`
}`

export const renderContainerdUnit = ({ lab }: RenderOptions): string => `[Unit]
Description=containerd, which runs the containers of the cluster
Wants=quorate-network.service
After=network.target quorate-network.service

[Service]
Type=notify
ExecStart=/usr/local/bin/containerd
Delegate=yes
# Containers outlive it: a restart of containerd stops nothing.
KillMode=process
Restart=always
RestartSec=100ms
LimitNOFILE=${lab ? 20000 : 1048576}
TasksMax=infinity
${lab ? '' : 'OOMScoreAdjust=-999\n'}
[Install]
WantedBy=multi-user.target
`
