// The two mDNS packets Karo sends, within what DNS allows: a question for a service, and the answer to one (RFC 6762).
import { AUTHORITATIVE_ANSWER, encode } from 'dns-packet'

export interface Question {
  readonly name: string
  readonly type: 'PTR'
}

export interface Answer {
  readonly name: string
  readonly type: 'PTR' | 'TXT'
  readonly ttl: number
  readonly data: string
}

const LABEL_MAX = 63
const TEXT_MAX = 255

/** RangeError when a name is longer than DNS allows; `encodeAnswers` likewise, and for a text. */
export function encodeQuestions(questions: readonly Question[]): Buffer {
  for (const { name } of questions) checkName(name)
  return encode({ type: 'query', questions: [...questions] })
}

export function encodeAnswers(answers: readonly Answer[]): Buffer {
  for (const { name, type, data } of answers) {
    checkName(name)
    if (type === 'PTR') checkName(data)
    else checkBytes(data, TEXT_MAX)
  }
  return encode({ type: 'response', flags: AUTHORITATIVE_ANSWER, answers: [...answers] })
}

/** The library writes the length of a label into one byte, whatever it is. */
const checkName = (name: string): void => {
  for (const label of name.split('.')) checkBytes(label, LABEL_MAX)
}

function checkBytes(text: string, max: number): void {
  const bytes = Buffer.byteLength(text)
  if (bytes === 0 || bytes > max) throw new RangeError(`DNS allows 1 to ${max} bytes here`)
}
