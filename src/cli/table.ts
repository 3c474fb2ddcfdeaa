import type { CommandSpec, GroupSpec } from './command.js'
import { apply } from './commands/apply.js'
import { bundleBuild } from './commands/bundle-build.js'
import { bundleExport } from './commands/bundle-export.js'
import { bundleImport } from './commands/bundle-import.js'
import { bundleList } from './commands/bundle-list.js'
import { bundleVerify } from './commands/bundle-verify.js'
import { check } from './commands/check.js'
import { completion } from './commands/completion.js'
import { configDefaults } from './commands/config-defaults.js'
import { configExplain } from './commands/config-explain.js'
import { configSchema } from './commands/config-schema.js'
import { configValidate } from './commands/config-validate.js'
import { down } from './commands/down.js'
import { drill } from './commands/drill.js'
import { elect } from './commands/elect.js'
import { electStatus } from './commands/elect-status.js'
import { explain } from './commands/explain.js'
import { heal } from './commands/heal.js'
import { init } from './commands/init.js'
import { judge } from './commands/judge.js'
import { kubeconfig } from './commands/kubeconfig.js'
import { kubectl } from './commands/kubectl.js'
import { machines } from './commands/machines.js'
import { plan } from './commands/plan.js'
import { ssh } from './commands/ssh.js'
import { status } from './commands/status.js'
import { up } from './commands/up.js'
import { version } from './commands/version.js'
import type { HelpSection } from './help.js'

/** Every command. Parser, help, completion and docs/reference/commands.md are made from this table. */
export const commands: readonly CommandSpec[] = [
  init,
  configValidate,
  configDefaults,
  configSchema,
  configExplain,
  bundleBuild,
  bundleList,
  bundleVerify,
  bundleExport,
  bundleImport,
  up,
  apply,
  plan,
  down,
  status,
  check,
  machines,
  drill,
  heal,
  judge,
  ssh,
  kubeconfig,
  kubectl,
  elect,
  electStatus,
  explain,
  completion,
  version,
]

export const groups: readonly GroupSpec[] = [
  { path: 'config', summary: 'Check, complete and explain the cluster file' },
  { path: 'bundle', summary: 'Build, look at and carry what is installed on machines' },
]

/** How the first help page orders them. */
export const sections: readonly HelpSection[] = [
  { title: 'Describe a cluster', words: ['init', 'config', 'bundle'] },
  { title: 'Build it and take it away', words: ['up', 'plan', 'apply', 'down'] },
  { title: 'Look at it', words: ['status', 'check', 'machines'] },
  { title: 'Prove it', words: ['drill', 'heal', 'judge'] },
  { title: 'Reach it', words: ['kubectl', 'kubeconfig', 'ssh'] },
  { title: 'Run a program on one machine at a time', words: ['elect', 'elect-status'] },
  { title: 'Help', words: ['explain', 'completion', 'version'] },
]

/** First word to what it is for: commands and groups alike. */
export const entries: ReadonlyMap<string, string> = new Map(
  [...commands.filter((one) => !one.path.includes(' ')), ...groups].map((one) => [one.path, one.summary]),
)
