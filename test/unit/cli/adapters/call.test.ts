// A hook's call: what it says is judged, answered as the tool documents it, and kept when it ran.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkCommand, type RiskVerdict } from '../../../../src/assist/risk/index.ts'
import { ADAPTERS, answerCall } from '../../../../src/cli/adapters/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { DOCUMENTED, type Documented } from './calls.ts'

/** An input that ended early. */
const cut = (beginning: string) => ({ trouble: 'its input ended too early', beginning })

const judge = (command: string, where: object): RiskVerdict =>
  checkCommand(command, { ...where, home: '/home/dev', caller: 'tool' })
const open = { onError: 'allow', judge } as const
const closed = { onError: 'block', judge } as const

/** By the moderate profile. */
const BLOCKED = 'rm -rf ~/'
const CONFIRMED = 'git push --force origin main'
const ALLOWED = 'npm test'

describe.each(DOCUMENTED)(
  '$tool',
  ({ tool, intends, reports, told, edits, asksAboutEdits, reads, others, broken }) => {
    const adapter = ADAPTERS[tool]
    const call = (input: unknown, judgement: typeof open | typeof closed = open) => {
      const { reply, entries } = answerCall(adapter, { text: JSON.stringify(input) }, judgement)
      return { reply, entries, said: adapter.answer(reply) }
    }

    test('the examples are what they are taken for', () => {
      const decisions = [BLOCKED, CONFIRMED, ALLOWED].map(
        (command) => judge(command, { cwd: '/work/app' }).decision,
      )
      expect(decisions).toEqual(['block', 'confirm', 'allow'])
    })

    test('a harmless command is no opinion: the tool asks and decides as without Karo', () => {
      const { reply, entries, said } = call(intends(ALLOWED, '/work/app'))
      expect(reply).toEqual({ decision: 'none' })
      expect(entries).toEqual([])
      expect(said).toEqual(tool === 'generic' ? { decision: 'none', reason: null } : undefined)
    })

    test('no answer ever approves', () => {
      for (const command of [ALLOWED, CONFIRMED, BLOCKED]) {
        const text = JSON.stringify(call(intends(command, '/work/app')).said ?? null)
        expect(text).not.toMatch(/"(?:allow|approve)"/)
      }
    })

    test('a blocked command is denied with its reason, and noted without its text', () => {
      const { reply, entries, said } = call(intends(BLOCKED, '/work/app'))
      expect(reply.decision).toBe('deny')
      expect(entries).toEqual([{ note: { outcome: 'blocked', risk_level: 'critical' } }])
      expect(said).toEqual(
        DENIED[tool](expect.stringMatching(/^Karo blocked this command \(critical risk\): .{20}/)),
      )
    })

    test('what needs a confirmation is asked, or denied where the tool cannot ask', () => {
      const { reply, entries, said } = call(intends(CONFIRMED, '/work/app'))
      expect(reply.decision).toBe(adapter.asks ? 'ask' : 'deny')
      expect(JSON.stringify(said)).toContain(adapter.asks ? '"ask"' : '"deny"')
      expect(entries).toEqual(adapter.asks ? [] : [{ note: { outcome: 'blocked', risk_level: 'high' } }])
    })

    if (['claude', 'codex', 'gemini'].includes(tool))
      test('a command is judged, whatever the tool is called that is told it', () => {
        for (const tool_name of ['Monitor', 'NeverHeardOf']) {
          const known = intends(CONFIRMED, '/work/app') as object
          expect(call({ ...known, tool_name }).reply.decision).toBe(adapter.asks ? 'ask' : 'deny')
        }
      })

    test('what ran is kept, with what the tool tells of it', () => {
      const { reply, entries } = call(reports('npm test', '/work/app'))
      expect(reply.decision).toBe('none')
      expect(entries).toEqual([
        { ran: { kind: 'after', command: 'npm test', cwd: '/work/app', shell: 'bash', ...told } },
      ])
    })

    test('what ran although the guard had asked was consented to', () => {
      const { entries } = call(reports(CONFIRMED, '/work/app'))
      expect(entries[0]).toEqual({ note: { outcome: 'confirmed', risk_level: 'high' } })
      expect(entries).toHaveLength(2)
    })

    test.each([
      '/etc/passwd',
      '/home/dev/.bashrc',
      '/home/dev/.local/share/karo/guard.toml',
      '.claude/settings.json',
      '.git/hooks/pre-commit',
      "it's/.git/hooks/pre-commit",
      '../../etc/passwd',
    ])('a file tool is judged like a redirection to the file it changes: %s', (path) => {
      for (const input of edits(path, '/work/app')) {
        // A hook that is deleted runs nothing.
        if (path.includes('hooks') && /delete/i.test(JSON.stringify(input))) continue
        const { reply, said } = call(input)
        expect(reply.decision, JSON.stringify(input)).not.toBe('none')
        if (!asksAboutEdits) expect(reply.decision).toBe('deny')
        expect(JSON.stringify(said)).not.toContain('Safer')
      }
    })

    test.each(['.env', '/home/dev/.aws/credentials', '/home/dev/.ssh/id_ed25519', 'certs/server.pem'])(
      'a file with credentials is not shown to the tool unasked: %s',
      (path) => {
        for (const input of reads(path, '/work/app')) {
          const { reply, entries } = call(input)
          expect(reply.decision, JSON.stringify(input)).toBe(adapter.asks && asksAboutEdits ? 'ask' : 'deny')
          expect(entries).toEqual(
            reply.decision === 'ask' ? [] : [{ note: { outcome: 'blocked', risk_level: 'high' } }],
          )
        }
      },
    )

    test('what a tool reads else is nothing to Karo, not even where nothing can be judged', () => {
      for (const path of ['src/main.py', '.env.example', '/etc/passwd', "it's; rm -rf ~", '$(reboot)', '-n'])
        for (const input of reads(path, '/work/app'))
          for (const judgement of [open, closed])
            expect(call(input, judgement), JSON.stringify(input)).toMatchObject({
              reply: { decision: 'none' },
              entries: [],
            })
    })

    test('a file of the project, and a file tool that fails to say which, are what they are', () => {
      for (const path of ['src/main.py', '/work/app/.github/workflows/ci.yml', "it's; rm -rf ~", '$(reboot)'])
        for (const input of edits(path, '/work/app'))
          if (!/delete/i.test(JSON.stringify(input))) {
            expect(call(input, closed), JSON.stringify(input)).toMatchObject({ reply: { decision: 'none' } })
            expect(call(input, closed).entries).toEqual([])
          }
    })

    test('nothing of a shell is nothing to Karo, not even with on_error = block', () => {
      for (const other of others)
        expect(call(other, closed)).toMatchObject({ reply: { decision: 'none' }, entries: [] })
    })

    test('a call that is not what is documented is refused with a reason, which says nothing of what stood in it', () => {
      for (const judgement of [open, closed]) {
        for (const input of [...broken, null, 7, [], 'text']) {
          const { reply, entries, said } = call(input, judgement)
          expect(reply, JSON.stringify(input)).toMatchObject({
            decision: 'deny',
            reason: expect.stringMatching(/cannot be judged: .{10}/),
          })
          expect(said).toEqual(DENIED[tool](expect.any(String)))
          expect(entries).toEqual([{ note: { outcome: 'blocked', risk_level: 'high' } }])
        }
        for (const text of ['', '{', '{"tool_name":"Bash","canary-5a1"', undefined]) {
          const { reply } = answerCall(adapter, text === undefined ? cut('') : { text }, judgement)
          expect([reply.decision, JSON.stringify(reply)]).toEqual([
            'deny',
            expect.not.stringContaining('canary'),
          ])
        }
      }
    })

    test('what ran is neither refused nor counted as unjudged, however much of the call is missing', () => {
      const text = JSON.stringify(reports(CONFIRMED, '/work/app'))
      for (let length = 0; length < text.length; length++) {
        const beginning = text.slice(0, length)
        const { reply, entries } = answerCall(adapter, cut(beginning), closed)
        // Until it is known what it is, it may be about to run.
        const unknown = entries.some((entry) => 'note' in entry && entry.note.outcome === 'blocked')
        expect(reply.decision).toBe(unknown ? 'deny' : 'none')
        expect(answerCall(adapter, { text: beginning }, closed)).toMatchObject({
          reply: { decision: reply.decision },
        })
        const kept = entries.flatMap((entry) => ('ran' in entry ? [entry.ran.command] : []))
        expect([[], [CONFIRMED]]).toContainEqual(kept)
      }
      const beginning = `${text.slice(0, -1)},"more":"${'x'.repeat(100)}`
      const untold = { exitCode: null, durationMs: null }
      expect(answerCall(adapter, cut(beginning), closed)).toEqual({
        reply: { decision: 'none' },
        entries: [
          { note: { outcome: 'confirmed', risk_level: 'high' } },
          { ran: { kind: 'after', command: CONFIRMED, cwd: '/work/app', shell: 'bash', ...untold } },
        ],
      })
    })

    test('what is about to run is not taken for what ran, whatever stands in its command', () => {
      const words = JSON.stringify(reports(ALLOWED, '/w'))
      for (const command of [words, `"${words}`, `x","${words.slice(1)}`]) {
        const text = JSON.stringify(intends(command, '/w'))
        for (let length = 0; length < text.length; length++) {
          const { reply } = answerCall(adapter, cut(text.slice(0, length)), closed)
          expect(reply.decision).toBe('deny')
        }
      }
    })

    test('a check that fails follows on_error, and lets the tool read', () => {
      const failing = () => {
        throw new Error('canary')
      }
      const answered = (input: unknown, onError: 'allow' | 'block') =>
        answerCall(adapter, { text: JSON.stringify(input) }, { onError, judge: failing })
      expect(answered(intends(ALLOWED, '/w'), 'allow').reply.decision).toBe('none')
      const { reply } = answered(intends(ALLOWED, '/w'), 'block')
      expect([reply.decision, JSON.stringify(reply)]).toEqual(['deny', expect.not.stringContaining('canary')])
      const none = { reply: { decision: 'none' } }
      const ran = answered(reports(ALLOWED, '/w'), 'block')
      expect(ran).toMatchObject({ ...none, entries: [{ ran: { command: ALLOWED } }] })
      for (const input of reads('src/main.py', '/w'))
        expect(answered(input, 'block')).toMatchObject({ ...none, entries: [] })
    })

    test('any JSON at all is answered', () => {
      forAll(fc.jsonValue(), (input) => {
        expect(['none', 'ask', 'deny']).toContain(call(input, closed).reply.decision)
      })
    })

    test('where the command runs is handed to the check', () => {
      const places: unknown[] = []
      const seen = (command: string, where: object) => {
        places.push(where)
        return judge(command, where)
      }
      answerCall(
        adapter,
        { text: JSON.stringify(intends('rm -rf .', '/home/dev')) },
        { onError: 'allow', judge: seen },
      )
      expect(places).toEqual([{ shell: tool === 'generic' ? 'zsh' : 'bash', cwd: '/home/dev' }])
    })
  },
)

/** The document that each tool's page gives for a refusal. */
const DENIED: Readonly<Record<keyof typeof ADAPTERS, (reason: unknown) => unknown>> = {
  claude: likeClaude,
  codex: likeClaude,
  copilot: (reason) => ({ permissionDecision: 'deny', permissionDecisionReason: reason }),
  cursor: (reason) => ({ permission: 'deny', user_message: reason, agent_message: reason }),
  gemini: (reason) => ({ decision: 'deny', reason, systemMessage: reason }),
  opencode: (reason) => ({ decision: 'deny', reason }),
  generic: (reason) => ({ decision: 'deny', reason }),
}

function likeClaude(reason: unknown) {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: reason,
    },
  }
}

test.each([
  ['write_file', { file_path: '/etc/passwd', content: '' }, 'deny'],
  ['edit', { file_path: '/etc/passwd', old_string: 'a', new_string: 'b' }, 'ask'],
  ['run_shell_command', { command: BLOCKED }, 'deny'],
  ['read_file', { file_path: '/home/dev/.aws/credentials' }, 'ask'],
  ['grep_search', { pattern: 'x', path: '/home/dev/.aws', glob: 'credentials' }, 'ask'],
  ['write_file', { file_path: '/w/notes.txt', content: '' }, 'none'],
])('Qwen Code, which calls a hook in the form of Claude Code: %s %j', (tool_name, tool_input, decision) => {
  const call = { hook_event_name: 'PreToolUse', permission_mode: 'yolo', cwd: '/w', tool_name, tool_input }
  expect(answerCall(ADAPTERS.claude, { text: JSON.stringify(call) }, open).reply.decision).toBe(decision)
})

test('a command of an MCP tool is judged wherever it stands in the call', () => {
  for (const args of [{ params: { command: BLOCKED } }, { arguments: { options: { cmd: BLOCKED } } }]) {
    const call = { hook_event_name: 'PreToolUse', tool_name: 'mcp__shell__run_command', tool_input: args }
    expect(answerCall(ADAPTERS.claude, { text: JSON.stringify(call) }, open).reply.decision).toBe('deny')
  }
})

test('a call as deep as JSON goes is answered', () => {
  const deep = `${'{"path":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const call = `{"hook_event_name":"PreToolUse","tool_name":"mcp__x__write_file","tool_input":${deep}}`
  expect(answerCall(ADAPTERS.claude, { text: call }, open).reply.decision).toBe('deny')
})

describe('what Claude Code tells of an end', () => {
  const end = (call: object) => {
    const input = { tool_name: 'Bash', tool_input: { command: 'x' }, ...call }
    return (ADAPTERS.claude.read(input) as { exitCode?: number | null }).exitCode
  }
  test.each([
    [{ hook_event_name: 'PostToolUse', tool_response: { stdout: '', interrupted: false } }, 0],
    [{ hook_event_name: 'PostToolUse', tool_response: { interrupted: true } }, null],
    [{ hook_event_name: 'PostToolUse', tool_input: { command: 'x', run_in_background: true } }, null],
    [{ hook_event_name: 'PostToolUseFailure', error: 'Exit code 127' }, 127],
    [{ hook_event_name: 'PostToolUseFailure', error: 'Exit code 999\n' }, null],
    [{ hook_event_name: 'PostToolUseFailure', error: 'output says\nExit code 3' }, null],
    [{ hook_event_name: 'PostToolUseFailure' }, null],
  ])('%j', (call, code) => expect(end(call)).toBe(code))
})

describe('what Gemini CLI tells of an end', () => {
  const end = (tool_response: unknown) => {
    const call = {
      hook_event_name: 'AfterTool',
      tool_name: 'run_shell_command',
      tool_input: { command: 'x' },
      tool_response,
    }
    return (ADAPTERS.gemini.read(call) as { exitCode?: number | null }).exitCode
  }
  test.each([
    [{ llmContent: 'Output: (empty)\nProcess Group PGID: 7' }, 0],
    [{ llmContent: 'Output: x\nExit Code: 1' }, 1],
    [{ llmContent: 'Output: x\nSignal: 15' }, null],
    [{ llmContent: 'Command moved to background (PID: 7). Output hidden.' }, null],
    [{ llmContent: 'Output: x', error: { message: 'no' } }, null],
    [undefined, null],
  ])('%j', (response, code) => expect(end(response)).toBe(code))

  test('a directory of the call is relative to that of the session', () => {
    const call = { hook_event_name: 'BeforeTool', tool_name: 'run_shell_command', cwd: '/w' }
    const tool_input = { command: 'x', dir_path: '../home' }
    expect(ADAPTERS.gemini.read({ ...call, tool_input })).toMatchObject({ cwd: '/home' })
  })
})

test('Claude Code in the mode in which it asks nobody is told no where else it would be told to ask', () => {
  const [{ intends, edits, reads }] = DOCUMENTED.filter(({ tool }) => tool === 'claude') as [Documented]
  const calls = [
    intends(CONFIRMED, '/work/app'),
    ...edits('/home/dev/.bashrc', '/work/app'),
    ...reads('.env', '/work/app'),
  ]
  for (const call of calls) {
    const text = JSON.stringify({ ...(call as object), permission_mode: 'bypassPermissions' })
    expect(answerCall(ADAPTERS.claude, { text }, open).reply.decision, text).toBe('deny')
  }
})

test('what a skill runs when Claude Code loads it is judged, and a skill of text is not', () => {
  const cwd = temporaryDirectory()
  const skill = (name: string, text: string, args?: string) => {
    mkdirSync(join(cwd, '.claude/skills', name), { recursive: true })
    writeFileSync(join(cwd, '.claude/skills', name, 'SKILL.md'), text)
    const call = { hook_event_name: 'PreToolUse', tool_name: 'Skill', tool_input: { skill: name, args } }
    mkdirSync(join(cwd, 'src'), { recursive: true })
    return answerCall(ADAPTERS.claude, { text: JSON.stringify({ ...call, cwd: join(cwd, 'src') }) }, open)
      .reply.decision
  }
  expect(skill('status', 'Now: !`git status`, and `rm -rf /` never.\n')).toBe('none')
  expect(skill('inline', `Now: !\`${BLOCKED}\`.\n`)).toBe('deny')
  expect(skill('block', `\`\`\`!\nls\n${BLOCKED}\n\`\`\`\n`)).toBe('deny')
  // However YAML writes their commands.
  for (const hooks of [
    `\n  Stop:\n    - hooks:\n        - command: ${BLOCKED}`,
    ` {Stop: [{hooks: [{command: "${BLOCKED}"}]}]}`,
  ])
    expect(skill('hook', `---\nname: hook\nhooks:${hooks}\n---\n`)).toBe('ask')
  expect(skill('none', '---\nname: none\n---\nhooks: what they are\n')).toBe('none')
  expect(skill('told', 'Now: !`rm -rf $ARGUMENTS`.\n', '~/')).toBe('deny')
})

test('whoever writes an adapter of their own is told why a call is refused, and what was not judged', () => {
  const { generic } = ADAPTERS
  const answered = (text: string, judging: typeof judge = judge) =>
    generic.answer(answerCall(generic, { text }, { onError: 'allow', judge: judging }).reply)
  expect(answered('{"command":"ls"}')).toEqual({ decision: 'none', reason: null })
  expect(answered('{"command":5}')).toEqual({
    decision: 'deny',
    reason: 'Karo refuses this call, because it cannot be judged: the call has no command.',
  })
  const failing = () => {
    throw new Error('broken')
  }
  expect(answered('{"command":"ls"}', failing)).toEqual({
    decision: 'none',
    reason: 'not judged: the check failed',
  })
})
