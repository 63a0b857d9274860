// Every AI coding tool that Karo knows, by its files: where its settings, texts and login lie. From this table follow where hooks
// are put (cli/hooks), which files the guard protects (assist/risk), and what jails see and keep from changing (muscle, cli/run).

export interface AiTool {
  /** As its makers write it. */
  readonly title: string
  readonly program: string
  /** Its directory in a person's home: by its own variable, or in XDG_CONFIG_HOME, or by its name below the home. */
  readonly directory: { readonly env?: string; readonly xdg?: string; readonly name: string }
  /** Files in that directory: the one with its hooks first, then others by which hooks are switched off. */
  readonly settings: readonly [string, ...string[]]
  /** The same below a project. */
  readonly inProject: readonly [string, ...string[]]
  /** Below a project: what the tool obeys when it starts there. */
  readonly obeys: readonly string[]
  /** In its directory: what the person wrote for it. A jail sees it, and cannot change it. */
  readonly reads: readonly string[]
  /** Below the home: its login, which the tool renews in place. */
  readonly logins: readonly string[]
  /** Below the home: copied once into the home that a jail has. */
  readonly copied?: string
  /** Variables with keys that are meant for it. */
  readonly keys: RegExp
  /** A variable that it sets for the commands that it runs. */
  readonly mark: string
  /** How it starts without its hooks, or with others: an option with what stands behind it, or `NAME=`. */
  readonly unhooked: RegExp
}

export const AI_TOOLS = {
  claude: {
    title: 'Claude Code',
    program: 'claude',
    directory: { env: 'CLAUDE_CONFIG_DIR', name: '.claude' },
    settings: ['settings.json', 'settings.local.json'],
    inProject: ['.claude/settings.json'],
    obeys: ['.claude'],
    reads: ['CLAUDE.md', 'agents', 'commands', 'hooks', 'output-styles', 'plugins', 'rules', 'skills'],
    logins: ['.claude/.credentials.json'],
    copied: '.claude.json',
    keys: /^(?:ANTHROPIC|CLAUDE)_/,
    mark: 'CLAUDECODE',
    unhooked: /^--settings[= ](?!\{(?!.*hooks))|^CLAUDE_CODE_(?:SIMPLE|SAFE_MODE)=/i,
  },
  codex: {
    title: 'Codex CLI',
    program: 'codex',
    directory: { env: 'CODEX_HOME', name: '.codex' },
    settings: ['hooks.json', 'config.toml'],
    inProject: ['.codex/hooks.json'],
    obeys: ['.codex'],
    reads: ['AGENTS.md', 'prompts', 'rules', 'skills'],
    logins: ['.codex/auth.json'],
    keys: /^(?:OPENAI|CODEX)_/,
    mark: 'CODEX_THREAD_ID',
    unhooked:
      /^(?:-c|--config)[= ]?["']?(?:(?:features\.\w*)?hooks|mcp_servers)\b|^--disable[= ]\w*hooks|^--ignore-user-config /,
  },
  copilot: {
    title: 'GitHub Copilot CLI',
    program: 'copilot',
    directory: { env: 'COPILOT_HOME', name: '.copilot' },
    settings: ['hooks/karo.json', 'config.json', 'settings.json'],
    inProject: [
      '.github/hooks/karo.json',
      '.github/copilot/settings.json',
      '.github/copilot/settings.local.json',
    ],
    obeys: ['.github/hooks', '.github/copilot'],
    reads: ['copilot-instructions.md', 'mcp-config.json'],
    logins: [],
    keys: /^(?:COPILOT_|GH_TOKEN$|GITHUB_TOKEN$)/,
    mark: 'COPILOT_CLI',
    unhooked: /^--config-dir[= ]/,
  },
  cursor: {
    title: 'Cursor',
    program: 'cursor-agent',
    directory: { name: '.cursor' },
    settings: ['hooks.json'],
    inProject: ['.cursor/hooks.json'],
    obeys: ['.cursor'],
    reads: ['rules', 'mcp.json', 'cli-config.json'],
    logins: ['.config/cursor/auth.json'],
    keys: /^CURSOR_/,
    mark: 'CURSOR_AGENT',
    unhooked: /^CURSOR_CONFIG_DIR=/,
  },
  gemini: {
    title: 'Gemini CLI',
    program: 'gemini',
    directory: { name: '.gemini' },
    settings: ['settings.json'],
    inProject: ['.gemini/settings.json'],
    obeys: ['.gemini'],
    reads: ['GEMINI.md', 'commands', 'extensions', 'policies'],
    logins: ['.gemini/oauth_creds.json', '.gemini/google_accounts.json'],
    keys: /^(?:GEMINI|GOOGLE)_/,
    mark: 'GEMINI_CLI',
    unhooked: /^GEMINI_CLI_(?:HOME|SYSTEM_\w+_PATH)=/,
  },
  opencode: {
    title: 'OpenCode',
    program: 'opencode',
    directory: { env: 'OPENCODE_CONFIG_DIR', xdg: 'opencode', name: '.config/opencode' },
    settings: ['plugin/karo.js'],
    inProject: ['.opencode/plugin/karo.js'],
    obeys: ['.opencode', 'opencode.json', 'opencode.jsonc'],
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
    keys: /^(?:ANTHROPIC|CLAUDE|OPENAI|GEMINI|GOOGLE|AZURE_OPENAI|OPENROUTER|GROQ|MISTRAL|DEEPSEEK|XAI)_/,
    mark: 'OPENCODE',
    unhooked: /^--pure |^OPENCODE_(?:PURE|CONFIG\w*)=/,
  },
} as const satisfies Readonly<Record<string, AiTool>>

export type AiToolName = keyof typeof AI_TOOLS
export const AI_TOOL_LIST: readonly AiTool[] = Object.values(AI_TOOLS)
/** By their programs and packages. */
export const AI_PROGRAMS: ReadonlyMap<string, AiTool> = new Map([
  ...AI_TOOL_LIST.map((tool) => [tool.program, tool] as const),
  ['claude-code', AI_TOOLS.claude],
  ['gemini-cli', AI_TOOLS.gemini],
  ['opencode-ai', AI_TOOLS.opencode],
])
export const OBEYED_BY_TOOLS = AI_TOOL_LIST.flatMap(({ obeys }) => obeys)
/** Those directly in a project that are hidden directories. */
export const TOOL_DIRECTORIES = OBEYED_BY_TOOLS.filter((name) => /^\.[^/]+$/.test(name))
