// Whether Codex trusts the hook, by what Codex keeps of it in its config.toml.
import { describe, expect, test } from 'vitest'
import { codex } from '../../../../src/cli/adapters/codex.ts'
import { codexTrust, definitionHash } from '../../../../src/cli/adapters/codex-trust.ts'
import { withHooks } from '../../../../src/cli/adapters/settings.ts'

const FILE = '/home/ann/.codex/hooks.json'
const COMMAND = 'karo hook codex # karo hook'
const HOOK = { type: 'command', command: COMMAND, timeout: 30 }

const config = (hash: string, more = ''): string =>
  `model = "x"\n[hooks.state."${FILE}:pre_tool_use:0:0"]\ntrusted_hash = "${hash}"\n${more}`

const hooks = (hook: object = HOOK): string =>
  JSON.stringify({ hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [hook] }] } })

describe('what Codex remembers of a hook', () => {
  // A hash that Codex itself made, as another project's tests have it (akiojin/gwt).
  test('is the hash that Codex makes', () => {
    const command = "'/Applications/GWT.app/Contents/MacOS/gwtd' hook event PostToolUse"
    expect(definitionHash('post_tool_use', '*', { type: 'command', command })).toBe(
      'sha256:9c3ce103f03f0b27a28bc4a30883f7e98a80b5df566b4572fcbb2955ebf5ba62',
    )
  })

  test('counts only for the very hook that stands there', () => {
    const hash = definitionHash('pre_tool_use', 'Bash', HOOK)
    expect(codexTrust(hooks(), FILE, config(hash))).toBe('trusted')
    expect(codexTrust(hooks({ ...HOOK, timeout: 31 }), FILE, config(hash))).toBe('untrusted')
    expect(codexTrust(hooks(), FILE, '')).toBe('untrusted')
    expect(codexTrust(hooks(), '/elsewhere/hooks.json', config(hash))).toBe('untrusted')
    expect(codexTrust(hooks(), FILE, config(hash, 'enabled = false\n'))).toBe('disabled')
  })

  test('is not known where a file is in another form', () => {
    expect(codexTrust(hooks(), FILE, 'no toml')).toBe('unknown')
    expect(codexTrust('{}', FILE, '')).toBe('unknown')
    expect(codexTrust('no json', FILE, '')).toBe('unknown')
  })

  test('is not there for a hook that was just installed', () => {
    expect(codexTrust(withHooks('', codex.settings!, COMMAND), FILE, '')).toBe('untrusted')
  })
})
