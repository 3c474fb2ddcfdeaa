/** Every value that a cluster file may leave out, in one place. Those that depend on the rest of the file are in convert.ts. */
export const defaults = {
  kubernetesVersion: 'v1.36.3',
  endpointPort: 6443,
  balancer: 'haproxy-keepalived',
  timing: 'fast',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/16',
  dnsDomain: 'cluster.local',
  plugin: 'routed',
  dnsReplicas: 2,
  nodePortRange: '30000-32767',
  hostedReplicas: 3,
  hostedNodePort: 30_443,
  sshUser: 'root',
  sshPort: 22,
} as const

/** Versions that a bundle of this quorate carries. */
export const knownVersions: readonly string[] = [defaults.kubernetesVersion]
