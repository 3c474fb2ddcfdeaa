/** A question for the IPv4 address of a name, as RFC 1035 lays it out; its first two bytes are the number of the question. */
export const dnsQuery = (name: string): Uint8Array => {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')])
  // Recursion desired, one question; type A, class IN.
  return Buffer.concat([Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, 1, 0, 1])])
}

/** Pattern of an answer from its third byte on: a response, no error, at least one record. */
export const dnsAnswered = '^[\\x80-\\xff][\\x00\\x10\\x20\\x30\\x40\\x50\\x60\\x70\\x80\\x90\\xa0\\xb0\\xc0\\xd0\\xe0\\xf0]..\\x00[^\\x00]'
