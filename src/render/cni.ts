export const cniConfigPath = '/etc/cni/net.d/10-quorate.conflist'
export const podBridge = 'cni0'

/**
 * The network of one node's pods: a bridge, addresses from the node's own subnet, host ports. Written before the kubelet starts, so a
 * node is Ready without waiting for a network add-on. Masquerading is left to routes.ts, since the bridge plugin would also hide the
 * address of a pod from pods of other nodes.
 */
export const renderCniConfig = (podCidr: string): string =>
  `${JSON.stringify(
    {
      cniVersion: '1.0.0',
      name: 'quorate',
      plugins: [
        {
          type: 'bridge',
          bridge: podBridge,
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]], routes: [{ dst: '0.0.0.0/0' }] },
        },
        { type: 'portmap', capabilities: { portMappings: true }, backend: 'nftables' },
      ],
    },
    undefined,
    2,
  )}\n`
