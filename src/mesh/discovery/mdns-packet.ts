// Writes the two mDNS packets Karo sends: a question for a service, and the answer to one (RFC 1035, RFC 6762).

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

const TYPES = { PTR: 12, TXT: 16 } as const
const CLASS_IN = 1
/** Response, authoritative. */
const ANSWER_FLAGS = 0x8400
const LABEL_MAX = 63
const TEXT_MAX = 255

export function encodeQuestions(questions: readonly Question[]): Buffer {
  return Buffer.concat([
    header(0, questions.length, 0),
    ...questions.flatMap(({ name, type }) => [encodeName(name), uint16(TYPES[type], CLASS_IN)]),
  ])
}

/** RangeError when a name or text is longer than DNS allows. */
export function encodeAnswers(answers: readonly Answer[]): Buffer {
  return Buffer.concat([
    header(ANSWER_FLAGS, 0, answers.length),
    ...answers.flatMap(({ name, type, ttl, data }) => {
      const body = type === 'PTR' ? encodeName(data) : encodeText(data)
      const ttlBytes = Buffer.alloc(4)
      ttlBytes.writeUInt32BE(ttl)
      return [encodeName(name), uint16(TYPES[type], CLASS_IN), ttlBytes, uint16(body.length), body]
    }),
  ])
}

/** Id 0, as multicast wants it. */
function header(flags: number, questions: number, answers: number): Buffer {
  return uint16(0, flags, questions, answers, 0, 0)
}

function uint16(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 2)
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, index * 2)
  return bytes
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => counted(label, LABEL_MAX))
  return Buffer.concat([...labels, Buffer.alloc(1)])
}

const encodeText = (text: string): Buffer => counted(text, TEXT_MAX)

function counted(text: string, max: number): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length === 0 || bytes.length > max) throw new RangeError(`DNS allows 1 to ${max} bytes here`)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
