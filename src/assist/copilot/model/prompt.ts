// The prompt for a model: request, shell, system and installed tools; own commands only if the owner allows it.
import type { Shell } from '../../risk/index.ts'

export interface Prompt {
  readonly words: string
  readonly shell: Shell
  /** Installed tools out of TOOLS_TOLD. */
  readonly tools: readonly string[]
  /** Own commands that resemble the request, without secrets; empty unless the owner shares them. */
  readonly history: readonly string[]
  /** What Karo knows that fits best, none of it of a person. */
  readonly known: readonly { readonly does: string; readonly command: string }[]
  readonly model: string
}

/** UTF-16 units of the request. */
const MOST_WORDS = 1_000
/** UTF-16 units of one own command. */
const MOST_COMMAND = 300
const MOST_HISTORY = 20

/** Words that a command has in place of something that the request does not name. */
export const PLACEHOLDERS = ['FILE', 'DIR', 'HOST'] as const

const TASK = [
  'You turn a request into one shell command.',
  'Answer with JSON only: {"command": "…"}. The command is one line. No explanation, no alternatives.',
  'Prefer commands that change nothing. Delete, overwrite or stop something only if the request asks for exactly that.',
  'Use only standard tools and those that are installed. Write ' +
    `${PLACEHOLDERS.slice(0, -1).join(', ')} or ${PLACEHOLDERS.at(-1)} where the request names none.`,
].join('\n')

/** Body of the request to /chat/completions. */
export function requestBody({ words, shell, tools, history, known, model }: Prompt): string {
  const facts = [
    `Shell: ${shell}`,
    `System: Linux`,
    `Installed: ${tools.join(' ')}`,
    ...(history.length === 0
      ? []
      : [
          'Commands this person used before:',
          ...history.slice(0, MOST_HISTORY).map((one) => one.slice(0, MOST_COMMAND)),
        ]),
    ...(known.length === 0
      ? []
      : [
          'Commands that may fit:',
          ...known.map(({ does, command }) => `${command}  # ${does}`.slice(0, MOST_COMMAND)),
        ]),
    `Request: ${words.slice(0, MOST_WORDS)}`,
  ]
  return JSON.stringify({
    ...(model !== '' && { model }),
    messages: [
      { role: 'system', content: TASK },
      { role: 'user', content: facts.join('\n') },
    ],
    temperature: 0,
    max_tokens: 300,
    stream: true,
  })
}

/** Tools whose presence decides which command is right; they are looked up in PATH. */
export const TOOLS_TOLD: readonly string[] =
  `git docker podman kubectl helm terraform ansible curl wget rg fd fzf jq yq rsync tmux apt dnf pacman apk brew snap flatpak pip npm pnpm yarn cargo go
  make cmake gcc python3 node ruby perl systemctl journalctl ss ip nft ufw nmap dig openssl gpg zip unzip 7z ffmpeg convert sqlite3 psql mysql redis-cli tree htop`.split(
    /\s+/,
  )
