// Codex CLI: PreToolUse hooks of its shell, which it calls Bash, of apply_patch, of tools of MCP servers, and of any other that is told a command;
// PostToolUse hooks of its shell.
// Source: https://developers.openai.com/codex/hooks and openai/codex, codex-rs/hooks: schema/generated
// (pre-tool-use.command.input, post-tool-use.command.input) and src/engine/output_parser.rs, by which `ask` and `allow`
// are unsupported there and `deny` needs a reason.
import { toolAdapter } from './adapter.ts'
import { after, answerLikeClaude, before, entryOf } from './claude.ts'
import { eventOf, otherEvent } from './fields.ts'

export const codex = toolAdapter('codex', {
  asks: false,
  read(call) {
    const event = eventOf(call.hook_event_name)
    if (event === 'PreToolUse') return before(call, 'Bash', ['apply_patch'])
    // It hands on the output, and no exit code.
    if (event === 'PostToolUse' && call.tool_name === 'Bash') return after(call, null)
    return otherEvent(event, call)
  },
  ran: ({ hook_event_name }) => hook_event_name === 'PostToolUse',
  answer: answerLikeClaude,
  settings: {
    off: {
      by: /^\s*(?:(?:features\.)?hooks\s*=\s*false|allow_managed_hooks_only\s*=\s*true)/m,
      of: ['/etc/codex/config.toml', '/etc/codex/requirements.toml'],
    },
    entries: (command) => ({
      PreToolUse: entryOf('.*', command),
      PostToolUse: entryOf('Bash', command),
    }),
    afterwards: 'Codex runs a new hook only after you have trusted it: type /hooks in Codex.',
  },
})
