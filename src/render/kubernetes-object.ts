import { createHash } from 'node:crypto'

/** A Kubernetes object as plain JSON, to be declared by server-side apply. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  [field: string]: unknown
}

/** Short enough to be read aloud, long enough never to be met by chance. */
export const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)

/** For the template of pods that read `files` once, at their start: other files are other pods, replaced one after another. */
export const filesAnnotation = (files: unknown): Record<string, string> => ({ 'quorate.dev/files': digestOf(files) })
