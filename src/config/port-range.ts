/** Both ends within. */
export interface PortRange {
  first: number
  last: number
}

/** `FIRST-LAST` as kube-apiserver reads --service-node-port-range; undefined where it is none. */
export const parsePortRange = (text: string): PortRange | undefined => {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text.trim())
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  return match && first >= 1 && last <= 65_535 && first <= last ? { first, last } : undefined
}
