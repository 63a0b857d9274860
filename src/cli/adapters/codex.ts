// Codex CLI: PreToolUse and PostToolUse hooks of its shell, which it calls Bash.
// Source: https://developers.openai.com/codex/hooks and openai/codex, codex-rs/hooks: schema/generated
// (pre-tool-use.command.input, post-tool-use.command.input) and src/engine/output_parser.rs, by which `ask` and `allow`
// are unsupported there and `deny` needs a reason.
import type { Adapter } from './adapter.ts'
import { after, answerLikeClaude, before, secondsOf } from './claude.ts'
import { callOf } from './fields.ts'

export const codex: Adapter = {
  name: 'codex',
  title: 'Codex CLI',
  asks: false,
  read(input) {
    const call = callOf(input)
    if (call.tool_name !== 'Bash') return { kind: 'other' }
    if (call.hook_event_name === 'PreToolUse') return before(call)
    // It hands on the output, and no exit code.
    if (call.hook_event_name === 'PostToolUse') return after(call, null)
    return { kind: 'other' }
  },
  ran: ({ hook_event_name }) => hook_event_name === 'PostToolUse',
  answer: answerLikeClaude,
  settings: {
    directory: { env: 'CODEX_HOME', name: '.codex' },
    userFile: 'hooks.json',
    projectFile: '.codex/hooks.json',
    fixed: {},
    entries: (command) => {
      const entry = [{ matcher: 'Bash', hooks: [{ type: 'command', command, timeout: secondsOf(command) }] }]
      return { PreToolUse: entry, PostToolUse: entry }
    },
    afterwards: 'Codex runs a new hook only after you have trusted it: type /hooks in Codex.',
  },
}
