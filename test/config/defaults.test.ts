import { describe, expect, it } from 'vitest'
import { defaultCluster } from '../../src/config/init.js'
import { loadCluster } from '../../src/config/load.js'
import { toYaml } from '../../src/config/to-yaml.js'

describe('the built-in cluster', () => {
  it('has three stacked control planes, two balancers and two workers in three zones', () => {
    const cluster = defaultCluster()
    expect(cluster.machines.map((m) => `${m.name} ${m.address} ${m.zone} ${m.roles.join('+')}`)).toEqual([
      'lb-1 10.99.0.11 a balancer',
      'lb-2 10.99.0.12 b balancer',
      'cp-1 10.99.0.21 a control-plane+etcd',
      'cp-2 10.99.0.22 b control-plane+etcd',
      'cp-3 10.99.0.23 c control-plane+etcd',
      'w-1 10.99.0.31 a worker',
      'w-2 10.99.0.32 b worker',
    ])
    expect(cluster.network.machineSubnet).toBe('10.99.0.0/24')
  })

  it('has no problem, not even a warning, and comes back from YAML as it was', () => {
    expect(loadCluster(toYaml(defaultCluster()), 'x.yaml')).toEqual({ cluster: defaultCluster(), problems: [] })
  })
})
