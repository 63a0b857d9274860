// karo login: signs here, in this process, that this machine may ask under an operator's name for some hours.
import { resolve } from 'node:path'
import { AGENT_CONTROL } from '../../../../protocols/messages/agent.ts'
import type { DelegationBody } from '../../../../protocols/messages/operator.ts'
import { keyOf } from '../../../../protocols/node-id.ts'
import { beginLogin, getLogin, offerLogin } from '../../../api/contract/operations/fleet.ts'
import {
  ASKED_TYPES,
  type AskedType,
  type LoginOfferShape,
  type LoginType,
  queryType,
} from '../../../api/contract/shapes.ts'
import { systemRandom } from '../../../base/clock.ts'
import { openCredential, readCredential, signDelegation } from '../../../trust/operators/index.ts'
import {
  type CommandIo,
  commaList,
  defineCommand,
  KaroError,
  lasting,
  printable,
  show,
  usage,
} from '../../kit.ts'
import { passphraseFileOption, passphraseOf, withPassphrase } from '../../passphrase.ts'
import { whoAmIView } from '../../views/login.ts'

const LONGEST = '8h'
const WORDS = ASKED_TYPES.map((type) => queryType(type).word)
/** What the clocks of two processes of one machine may differ, and the time a person takes to type a passphrase. */
const SLACK_MS = 10 * 60_000

/** Throws KaroError bad_request for a word that names no type; undefined: all of them. */
function typesOf(text: string, where: string): readonly AskedType[] {
  return commaList(text, where).map((word) => {
    const type = ASKED_TYPES.find((one) => queryType(one).word === word)
    if (type !== undefined) return type
    throw usage(`'${word}' is not a type of question`, where, `Choose from: ${WORDS.join(', ')}.`)
  })
}

interface Asked {
  readonly life: number
  readonly types: readonly LoginType[]
  /** The node that this person sees as theirs. */
  readonly node: string
}

/** What is signed is what was asked for, whatever the daemon offers. */
function toSign(offer: LoginOfferShape, { life, types, node }: Asked): DelegationBody {
  const [begins, ends] = [Date.parse(offer.begins_at), Date.parse(offer.ends_at)]
  const isAsked =
    offer.node === node &&
    offer.uid === (process.getuid?.() ?? offer.uid) &&
    ends - begins <= life &&
    Math.abs(begins - Date.now()) <= SLACK_MS &&
    offer.types.every((type) => types.includes(type))
  if (!isAsked)
    throw new KaroError('refused', 'the daemon asks for a signature of something other than this login', {
      hint: 'Nothing was signed. Check that this is the daemon of your own machine: karo status',
    })
  return {
    session: bytesOf(offer.session),
    mesh: bytesOf(offer.mesh),
    node: keyOf(offer.node),
    uid: offer.uid,
    types: offer.types,
    audience_key: bytesOf(offer.audience_key),
    not_before: begins,
    not_after: ends,
  }
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const text = (frame: Uint8Array): string => Buffer.from(frame).toString('base64url')

async function logIn(
  io: CommandIo,
  path: string,
  { life, types, passphraseFile }: Omit<Asked, 'node'> & { readonly passphraseFile: string | undefined },
) {
  // Errors that make a login impossible are reported before the person types a passphrase.
  const { name } = readCredential(path)
  const { node } = await io.call(getLogin)
  const offer = await io.call(offerLogin, { body: { for_ms: life, types } })
  const body = toSign(offer, { life, types, node: node.node_id })
  const passphrase = await passphraseOf(passphraseFile, `Passphrase of ${printable(name)}: `)
  const { signer, chain } = withPassphrase(passphrase, (words) => openCredential(path, words))
  const delegation = signDelegation(signer, body, systemRandom)
  return io.call(beginLogin, { body: { delegation: text(delegation), chain: chain.map(text) } })
}

const login = defineCommand('login', {
  summary: 'ask under your own name as an operator, from this machine, for some hours',
  shows: beginLogin,
  options: {
    credential: { value: 'file', description: 'your credential file (needed)' },
    for: {
      value: 'duration',
      reads: lasting('1m', LONGEST),
      description: 'for how long, at most 8h',
      default: LONGEST,
    },
    type: {
      value: 'type,..',
      reads: typesOf,
      description: `only questions of these types: ${WORDS.join(', ')} (default: all)`,
      completes: WORDS,
    },
    agents: 'also give tasks to agents of other machines, and approve requests there, in your name',
    'passphrase-file': passphraseFileOption,
  },
  examples: {
    'karo login --credential /media/stick/carol.karo': 'asks for the passphrase',
  },
  async run(io, { options }) {
    if (options.credential === undefined)
      throw usage(
        'the credential is missing',
        '--credential',
        'Name the file that karo operator issue wrote for you.',
      )
    const path = resolve(options.credential)
    const { for: life, type: asked = ASKED_TYPES } = options
    const types: readonly LoginType[] = options.agents ? [...asked, AGENT_CONTROL] : asked
    if (types.length === 0)
      throw usage(
        'no type of question is named',
        '--type',
        `Choose from: ${WORDS.join(', ')}. Without --type the login is for all of them.`,
      )
    const answer = await logIn(io, path, { life, types, passphraseFile: options['passphrase-file'] })
    return show(io, answer, whoAmIView)
  },
})

export const commands = [login]
