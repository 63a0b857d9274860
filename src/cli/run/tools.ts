// What each AI coding tool has in a person's home, as far as a jail gives it: beside its settings, which the adapters know.
import { join } from 'node:path'
import type { AdapterName } from '../adapters/index.ts'

/** Directory of the programs by which tools start in a jail; shells have it in front of their PATH. */
export const startersOf = (karo: string): string => join(karo, 'run', 'bin')

export interface ToolHome {
  /** The name of its program. */
  readonly program: string
  /** Below the tool's directory: what the person wrote for it. Seen, and not changed. */
  readonly reads: readonly string[]
  /** Below the home: its login, which the tool renews in place. */
  readonly logins: readonly string[]
  /** Below the home: copied once into the home that the jail has. */
  readonly copied: readonly string[]
  /** Variables with keys that are meant for it. */
  readonly keys: RegExp
}

const PROVIDERS =
  /^(?:ANTHROPIC|CLAUDE|OPENAI|GEMINI|GOOGLE|AZURE_OPENAI|OPENROUTER|GROQ|MISTRAL|DEEPSEEK|XAI)_/

export const TOOL_HOMES: Readonly<Partial<Record<AdapterName, ToolHome>>> = {
  claude: {
    program: 'claude',
    reads: ['CLAUDE.md', 'agents', 'commands', 'hooks', 'output-styles', 'plugins', 'rules', 'skills'],
    logins: ['.claude/.credentials.json'],
    copied: ['.claude.json'],
    keys: /^(?:ANTHROPIC|CLAUDE)_/,
  },
  codex: {
    program: 'codex',
    reads: ['AGENTS.md', 'prompts', 'rules', 'skills'],
    logins: ['.codex/auth.json'],
    copied: [],
    keys: /^(?:OPENAI|CODEX)_/,
  },
  copilot: {
    program: 'copilot',
    reads: ['copilot-instructions.md', 'mcp-config.json'],
    logins: [],
    copied: [],
    keys: /^(?:COPILOT_|GH_TOKEN$|GITHUB_TOKEN$)/,
  },
  cursor: {
    program: 'cursor-agent',
    reads: ['rules', 'mcp.json', 'cli-config.json'],
    logins: ['.config/cursor/auth.json'],
    copied: [],
    keys: /^CURSOR_/,
  },
  gemini: {
    program: 'gemini',
    reads: ['GEMINI.md', 'commands', 'extensions', 'policies'],
    logins: ['.gemini/oauth_creds.json', '.gemini/google_accounts.json'],
    copied: [],
    keys: /^(?:GEMINI|GOOGLE)_/,
  },
  opencode: {
    program: 'opencode',
    reads: [
      'opencode.json',
      'opencode.jsonc',
      'AGENTS.md',
      'agent',
      'command',
      'plugin',
      'node_modules',
      'package.json',
    ],
    logins: ['.local/share/opencode/auth.json'],
    copied: [],
    keys: PROVIDERS,
  },
}
