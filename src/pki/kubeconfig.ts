import type { KeyPair } from './issue.js'

export interface KubeconfigUser {
  name: string
  /** Certificate and key inside the file, or the path of a file that holds both and may be renewed in place. */
  credentials: KeyPair | { file: string }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A kubeconfig with one cluster, one user, one context, laid out and named as kubeadm does. Holds a key: mode 0600. */
export const renderKubeconfig = (clusterName: string, server: string, ca: string, user: KubeconfigUser): string => {
  const context = `${user.name}@${clusterName}`
  const credentials =
    'file' in user.credentials
      ? [`    client-certificate: ${user.credentials.file}`, `    client-key: ${user.credentials.file}`]
      : [`    client-certificate-data: ${base64(user.credentials.cert)}`, `    client-key-data: ${base64(user.credentials.key)}`]
  return `${[
    'apiVersion: v1',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${base64(ca)}`,
    `    server: ${server}`,
    `  name: ${clusterName}`,
    'contexts:',
    '- context:',
    `    cluster: ${clusterName}`,
    `    user: ${user.name}`,
    `  name: ${context}`,
    `current-context: ${context}`,
    'kind: Config',
    'users:',
    `- name: ${user.name}`,
    '  user:',
    ...credentials,
  ].join('\n')}\n`
}
