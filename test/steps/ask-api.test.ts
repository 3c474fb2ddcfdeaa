import { describe, expect, it } from 'vitest'
import { ApiError, type KubernetesClient } from '../../src/client/kubernetes.js'
import { TransportFault } from '../../src/client/transport.js'
import { askApi } from '../../src/steps/ask-api.js'
import type { StepContext } from '../../src/steps/context.js'

type Answer = 'done' | Error

/** A cluster in which, asked again and again, some API server is found or none, and answers so. */
const cluster = (...turns: (Answer | undefined)[]) => {
  const asked: (Answer | undefined)[] = []
  let now: Answer | undefined
  const ctx = {
    api: async () => {
      now = turns.shift()
      asked.push(now)
      return now === undefined ? undefined : ({} as KubernetesClient)
    },
    forgetApi: () => {},
  } as unknown as StepContext
  const look = async () => {
    if (now instanceof Error) throw now
    return { state: 'done' } as const
  }
  return { ctx, look, asked }
}

const late = new TransportFault('first-byte', 'x', 'no answer', 1)

describe('what a step sees through the API', () => {
  it('is that there is work where no API server answers at all', async () => {
    const { ctx, look } = cluster(undefined)
    expect(await askApi(ctx, look)).toEqual({ state: 'todo', reason: 'no API server answers' })
  })

  it('is asked again where one answered once and then none did: that is a restart, not a missing cluster', async () => {
    const { ctx, look, asked } = cluster(late, undefined, new ApiError(503, 'x', 'x', 'x', 'x'), 'done')
    expect(await askApi(ctx, look)).toEqual({ state: 'done' })
    expect(asked).toHaveLength(4)
  })

  it('is not asked again after a refusal, which would be the same again', async () => {
    const { ctx, look } = cluster(new ApiError(403, 'x', 'x', 'x', 'x'), 'done')
    await expect(askApi(ctx, look)).rejects.toMatchObject({ status: 403 })
  })
})
