import { defineCommand } from '../command.js'

export const completion = defineCommand({
  path: 'completion',
  summary: 'Print the completion script of a shell',
  about: 'The script knows every command, flag and choice, and asks quorate for names of machines.',
  arguments: [{ name: 'shell', about: 'The shell', required: true, choices: ['bash', 'zsh', 'fish'] }],
  examples: [
    { run: 'source <(quorate completion bash)', why: 'in this shell' },
    { run: 'quorate completion bash > /etc/bash_completion.d/quorate', why: 'for every new bash' },
    { run: 'quorate completion fish > ~/.config/fish/completions/quorate.fish', why: 'for fish' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const { script } = await import('../completion/script.js')
    context.out.write(await script(given.args[0] as 'bash' | 'zsh' | 'fish', context.commands))
    return 0
  },
})
