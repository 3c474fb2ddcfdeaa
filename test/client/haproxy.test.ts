import { expect, it } from 'vitest'
import { backendsOf, disableServer, parseStat } from '../../src/client/haproxy.js'
import type { CommandResult, Machine } from '../../src/machine/machine.js'
import { Fault } from '../../src/model/problem.js'

// As haproxy 2.6 prints it, columns cut down.
const csv = `# pxname,svname,qcur,status,weight,chkfail,type,check_status,last_chk,
api,FRONTEND,,OPEN,,,0,,,
apiservers,cp-1,0,UP,1,0,2,L7OK,"HTTP status check returned code <3C>200<3E>, fine",
apiservers,cp-2,0,DOWN,1,2,2,L4CON,"say ""no""",
apiservers,cp-3,0,no check,1,,2,,,
apiservers,BACKEND,0,UP,2,0,1,,,

`

it('reads rows by column name, quotes and all', () => {
  const rows = parseStat(csv)
  expect(rows).toHaveLength(5)
  expect(rows[1]).toMatchObject({ pxname: 'apiservers', svname: 'cp-1', last_chk: 'HTTP status check returned code <3C>200<3E>, fine' })
  expect(rows[2]?.last_chk).toBe('say "no"')
})

it('gives servers only', () => {
  expect(backendsOf(csv)).toEqual([
    { backend: 'apiservers', server: 'cp-1', status: 'UP', checkStatus: 'L7OK' },
    { backend: 'apiservers', server: 'cp-2', status: 'DOWN', checkStatus: 'L4CON' },
    { backend: 'apiservers', server: 'cp-3', status: 'no check', checkStatus: '' },
  ])
})

it.each(['', 'Unknown command.\n', 'a,b\n1,2\n'])('takes %j for no statistics at all', (text) => {
  expect(backendsOf(text)).toEqual([])
})

const machineThat = (result: Partial<CommandResult>, scripts: string[] = []): Machine =>
  ({
    name: 'lb-1',
    sh: (script: string) => {
      scripts.push(script)
      return Promise.resolve({ exit: 0, stdout: '', stderr: '', ms: 1, ...result })
    },
  }) as unknown as Machine

it('takes a server out of service, and reports what haproxy says against it', async () => {
  const scripts: string[] = []
  await disableServer(machineThat({}, scripts), 'apiservers', 'cp-1')
  expect(scripts[0]).toContain("'set server apiservers/cp-1 state maint'")
  for (const [result, reason] of [
    [{ stdout: 'No such server.\n\n' }, 'No such server.'],
    [{ exit: 1, stderr: 'connect: No such file\n' }, 'connect: No such file'],
  ] as const) {
    const error = await disableServer(machineThat(result), 'apiservers', 'cp-9').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Fault)
    expect((error as Fault).problem).toMatchObject({ code: 'Q7530', machine: 'lb-1', data: { reason, machine: 'lb-1' } })
  }
})

it('lets no shell text in by a server name', async () => {
  const scripts: string[] = []
  await expect(disableServer(machineThat({}, scripts), 'apiservers', "x'; reboot; '")).rejects.toMatchObject({ problem: { code: 'Q7530' } })
  expect(scripts).toEqual([])
})
