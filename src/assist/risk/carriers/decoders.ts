// What decoders print (base64, xxd, tr, rev, …) of an input that the line shows, and the escapes of echo and printf.
import { readOptions } from '../line/options.ts'
import { type Args, type Output, type SimpleCommand, says, TAINT, UNKNOWN, withoutOptions } from '../model.ts'

/** Decodes the backslash escapes of echo -e and printf. */
export function decodeEscapes(text: string): string {
  return text.replace(
    /\\(?:x([0-9A-Fa-f]{1,2})|0?([0-7]{1,3})|u([0-9A-Fa-f]{1,4})|(.))/g,
    (_all, hex, octal, unicode, char) => {
      if (hex) return String.fromCharCode(Number.parseInt(hex, 16))
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8))
      if (unicode) return String.fromCharCode(Number.parseInt(unicode, 16))
      return (
        { n: '\n', t: '\t', r: '\r', e: '', a: '', b: '', f: '', v: '' }[char as string] ?? (char as string)
      )
    },
  )
}

/** What a decoder prints; undefined if its options do not make it decode. */
export function decoded({ name, args, input }: SimpleCommand): Output | undefined {
  const options = readOptions(name, args)
  const decodes =
    options.flag('d', 'D', 'r', 'decode', 'decrypt', 'decompress', 'revert') !== undefined ||
    /cat$|^(?:gunzip|uncompress|rev|tac|tr|uudecode)$/.test(name)
  if (!decodes) return undefined
  const file =
    name === 'openssl' ? args.some((arg) => arg.text === '-in') : options.operands.length > 0 && name !== 'tr'
  const source = file ? undefined : input.text
  const taint = input.taint | TAINT.decoded
  if (source === undefined || source.includes(UNKNOWN)) return { text: undefined, taint }
  const text = source.trim()
  if (name === 'base64' || (name === 'openssl' && says({ args }, /base64|^-a$/)))
    return { text: Buffer.from(text, 'base64').toString('utf8'), taint }
  if (name === 'tr') return { text: translated(source, args), taint }
  if (name === 'base32') return { text: fromBase32(text), taint }
  if (name === 'xxd') return { text: Buffer.from(text.replace(/\s/g, ''), 'hex').toString('utf8'), taint }
  if (name === 'rev')
    return {
      text: text
        .split('\n')
        .map((line) => [...line].reverse().join(''))
        .join('\n'),
      taint,
    }
  return { text: undefined, taint }
}

/** tr with ranges and deletion: `tr a-z n-za-m`. */
function translated(text: string, args: Args): string {
  const deletes = says({ args }, /^-[a-z]*d/)
  const [from = '', to = ''] = withoutOptions(args).map((arg) => charsOf(arg.text))
  return [...text]
    .map((char) => {
      const at = from.indexOf(char)
      return at < 0 ? char : deletes ? '' : (to[Math.min(at, to.length - 1)] ?? char)
    })
    .join('')
}

function charsOf(set: string): string {
  const named = set
    .replace('[:upper:]', 'A-Z')
    .replace('[:lower:]', 'a-z')
    .replace('[:digit:]', '0-9')
    .replace('[:space:]', ' \n\t')
  return decodeEscapes(named).replace(/([A-Za-z0-9])-([A-Za-z0-9])/g, (_all, first: string, last: string) => {
    const length = Math.max(0, last.charCodeAt(0) - first.charCodeAt(0) + 1)
    return String.fromCharCode(
      ...Array.from({ length: Math.min(length, 128) }, (_, i) => first.charCodeAt(0) + i),
    )
  })
}

function fromBase32(text: string): string {
  let bits = ''
  for (const char of text.toUpperCase().slice(0, 8_192)) {
    const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char)
    if (value >= 0) bits += value.toString(2).padStart(5, '0')
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString('utf8')
}
