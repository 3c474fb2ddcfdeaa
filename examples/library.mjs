// What would quorate do for a file, and does it hold? Run it with a cluster file:
//   node examples/library.mjs cluster.yaml
import { check, Fault, load, plan } from 'quorate'

const [file = 'cluster.yaml'] = process.argv.slice(2)
try {
  const { cluster, warnings } = await load(file)
  for (const warning of warnings) console.log(`warning ${warning.code} ${JSON.stringify(warning.data)}`)

  const { steps } = await plan(file)
  const open = steps.filter((step) => step.state !== 'done')
  console.log(`${cluster.name}: ${cluster.machines.length} machines, ${open.length} of ${steps.length} steps to do`)

  if (open.length === 0) {
    const claims = await check(file)
    for (const claim of claims.filter((one) => one.verdict !== 'True')) console.log(`${claim.verdict}  ${claim.claim}: ${claim.evidence}`)
    console.log(`${claims.filter((one) => one.verdict === 'True').length} of ${claims.length} claims hold`)
  }
} catch (error) {
  for (const one of error instanceof AggregateError ? error.errors : [error]) {
    console.error(one instanceof Fault ? `${one.problem.code} ${JSON.stringify(one.problem.data)}` : one)
  }
  process.exitCode = 1
}
