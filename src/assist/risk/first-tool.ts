// Finds the tool that a person used: the command word of the first simple command, behind sudo, env, time and so on.
import { type Command, forEachChild, type SyntaxNode } from 'unbash'
import type { Shell } from '../../base/words/risk-levels.ts'
import { enterWrapper } from './carriers/layers.ts'
import { wrapperOf } from './carriers/wrappers.ts'
import { MAX_COMMAND_LENGTH } from './limits.ts'
import { isUnresolved } from './line/paths.ts'
import { parseScript } from './line/script.ts'
import { expandWord, type WordHost } from './line/words.ts'
import { type Args, baseName, NO_OUTPUT, type Scope, SOME_HOME, TAINT, UNKNOWN } from './model.ts'

/** Wrappers that are looked through; more than anybody stacks. */
const MAX_LAYERS = 16

const host: WordHost = {
  substitute: () => ({ ...NO_OUTPUT, text: undefined, taint: TAINT.opaque }),
  again: () => undefined,
  sweep: () => {},
  at: (node) => [node.pos, node.end],
}

interface FirstTool {
  /**
   * The command word after quote removal, with the path it was typed with (`/usr/bin/git` for
   * `sudo -u me /usr/bin/git pull`), or undefined when the line runs nothing, is too long, or the word cannot be known.
   */
  readonly tool: string | undefined
  /** Whether it, or a shell, runs as another user: behind sudo, doas, su and their like. */
  readonly privileged: boolean
}

/** Never throws; about 3 µs for a typical line. */
export function firstTool(text: string, shell: Shell): FirstTool {
  let privileged = false
  const found = (tool?: string): FirstTool => ({ tool, privileged })
  const command = text.length > MAX_COMMAND_LENGTH ? undefined : firstCommand(parseScript(text), 0)
  if (command?.name === undefined) return found()
  const scope: Scope = { shell, home: SOME_HOME, cwd: '.', variables: new Map(), parameters: undefined }
  let words: Args = [command.name, ...command.args].flatMap((word) =>
    word.type === 'Word'
      ? expandWord(word, scope, host)
      : [{ text: word.text, span: [word.pos, word.end], taint: 0 }],
  )
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const typed = words[0]?.text ?? ''
    const name = baseName(typed)
    // An unset variable in front leaves the next word as the command: `$SUDO apt update`.
    if (typed === UNKNOWN && words.length > 1) {
      words = words.slice(1)
      continue
    }
    if (name === '' || isUnresolved(typed)) return found()
    const wrapper = wrapperOf(name)
    privileged ||= wrapper?.privileged === true
    if (!wrapper?.transparent) return found(typed)
    const rest = words.slice(enterWrapper(wrapper, words).start)
    if (rest.length === 0) return found(typed)
    words = rest
  }
  return found()
}

function firstCommand(node: SyntaxNode, depth: number): Command | undefined {
  if (node.type === 'Command') return node.name === undefined ? undefined : node
  if (node.type === 'Word' || depth > 64) return undefined
  let found: Command | undefined
  forEachChild(node, (child) => {
    found ??= firstCommand(child, depth + 1)
  })
  return found
}
