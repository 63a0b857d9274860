// Reads what a terminal sends as keys: text, pastes, and the escape sequences of xterm and its kin (ECMA-48, terminfo).

export type KeyName =
  | 'enter'
  | 'tab'
  | 'escape'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | 'backspace'
  | 'delete'
  | 'delete-word'
  | 'delete-line'
  | 'remove'
  | 'mode'
  | 'match'
  | 'inspect'
  | 'help'
  | 'redraw'

/** `text` is printable; a paste is one text. `pick` is a number from 1 to 9 that was pressed with Alt. */
export type Key = { readonly name: KeyName } | { readonly text: string } | { readonly pick: number }

/** Ctrl with a letter, and keys that send the same character. */
const CONTROLS: Readonly<Record<string, KeyName>> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'escape',
  '\x04': 'remove',
  '\x05': 'end',
  '\x06': 'right',
  '\x07': 'escape',
  '\x08': 'backspace',
  '\x09': 'tab',
  '\x0a': 'enter',
  '\x0c': 'redraw',
  '\x0d': 'enter',
  '\x0e': 'down',
  '\x0f': 'inspect',
  '\x10': 'up',
  '\x12': 'mode',
  '\x13': 'match',
  '\x15': 'delete-line',
  '\x17': 'delete-word',
  '\x7f': 'backspace',
}

/** Keys by the characters behind ESC. */
const SEQUENCES: Readonly<Record<string, KeyName>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[4~': 'end',
  '[7~': 'home',
  '[8~': 'end',
  '[3~': 'delete',
  '[5~': 'page-up',
  '[6~': 'page-down',
  OP: 'help',
  '[11~': 'help',
  '[[A': 'help',
  '\x7f': 'delete-word',
}

const PASTE = '[200~'
const PASTE_END = '\x1b[201~'
/** UTF-16 units that are kept until a paste ends; a longer paste is delivered in parts. */
const HELD_MOST = 64 * 1024
/** A sequence behind ESC: CSI with parameters and a final character, SS3 with a letter, or one character. */
const SEQUENCE = /^\x1b(\[\[[A-E]|\[[0-9;:<=>?]*[ -/]*[@-~]|O[\x40-\x7e]|[^[O])/u
const UNFINISHED = /^\x1b(?:\[\[?[0-9;:<=>?]*[ -/]*|O)?$/

export function createKeyReader() {
  let held = ''

  function read(isEnd: boolean): Key[] {
    const keys: Key[] = []
    while (held !== '') {
      if (held.startsWith(`\x1b${PASTE}`)) {
        const end = held.indexOf(PASTE_END)
        if (end < 0 && held.length < HELD_MOST && !isEnd) break
        const text = held.slice(PASTE.length + 1, end < 0 ? undefined : end)
        held = end < 0 ? '' : held.slice(end + PASTE_END.length)
        const plain = plainText(text)
        if (plain !== '') keys.push({ text: plain })
        continue
      }
      if (held.startsWith('\x1b')) {
        if (UNFINISHED.test(held) && !isEnd && held.length < HELD_MOST) break
        const [whole = '\x1b', sequence = ''] = SEQUENCE.exec(held) ?? []
        held = held.slice(whole.length)
        const name = whole === '\x1b' ? 'escape' : SEQUENCES[sequence]
        if (name !== undefined) keys.push({ name })
        else if (/^[1-9]$/.test(sequence)) keys.push({ pick: Number(sequence) })
        continue
      }
      const [control = ''] = held
      const name = CONTROLS[control]
      if (name !== undefined || /\p{Cc}/u.test(control)) {
        if (name !== undefined) keys.push({ name })
        held = held.slice(1)
        continue
      }
      const [text = control] = /^\P{Cc}+/u.exec(held) ?? []
      keys.push({ text })
      held = held.slice(text.length)
    }
    return keys
  }

  return {
    /** Reads the text after whatever was kept back, and returns the keys that are complete. */
    push(text: string) {
      held += text
      return read(false)
    },
    /** Whether text is kept back, because a sequence may go on. ESC alone is a key only if nothing follows. */
    waiting: () => held !== '',
    /** Returns the text that was kept back as keys, because nothing follows. */
    flush: () => read(true),
  }
}

/** Makes one line of pasted text. */
const plainText = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ')
