// karo join: lets this machine into a mesh by an invite: a code that is typed, a file, or standard input.

import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { getFleet, joinFleet } from '../../../api/contract/operations/fleet.ts'
import { getIdentity } from '../../../api/contract/operations/status.ts'
import type { FleetShape } from '../../../api/contract/shapes.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import { parseEnrolment } from '../../../trust/certificates/index.ts'
import { refusalWords } from '../../fleet/refusals.ts'
import { textFrom } from '../../input/text-from.ts'
import {
  defineCommand,
  fitted,
  KaroError,
  localTime,
  parseDuration,
  printable,
  show,
  usage,
} from '../../kit.ts'
import { passphraseOf } from '../../passphrase.ts'
import { permitted } from '../../terminal/confirm.ts'

const LOOK_MS = 250
/** Whoever waits longer than this is told what is tried. */
const SILENT_MS = 3_000
/** What is known of the inviter's clock may be from an earlier try; by then this one has had an answer of its own. */
const CLOCK_MS = 5_000
const FILE_MAX = 16 * 1024

interface Given {
  readonly code: string
  readonly root?: string
  readonly places: readonly string[]
}

/** A code on the command line is seen by others of this machine (ps), so a file, standard input and a prompt are taken too. */
async function givenBy(argument: string): Promise<Given> {
  if (argument === '') {
    const typed = await passphraseOf(undefined, 'Invite (it is not shown): ').catch((error: unknown) => {
      if (!(error instanceof KaroError) || !/^bad/.test(error.code)) throw error
      throw usage('an invite is missing', 'karo join', 'Give the code, a file, or - for standard input.')
    })
    return textOf(typed.toString('utf8'), 'the invite')
  }
  if (argument !== '-' && !existsSync(argument)) {
    // A code has neither; a mistyped path is not to be called a mistyped code.
    if (/[/.]/.test(argument))
      throw new KaroError('bad_file', 'there is no such file', {
        where: argument,
        hint: 'Give the file that the issuer wrote, or the code itself.',
      })
    return { code: argument, places: [] }
  }
  return textOf(await textFrom(argument, FILE_MAX), argument === '-' ? 'standard input' : argument)
}

function textOf(text: string, where: string): Given {
  if (text.trim() === '') throw new KaroError('bad_request', `there is no invite in ${where}: it is empty`)
  if (!text.trimStart().startsWith('{')) return { code: text.trim().slice(0, 256), places: [] }
  const { root, code, places } = parseEnrolment(text, where)
  return { root: formatNodeId(root), code, places }
}

const WAYS: Readonly<Record<NonNullable<FleetShape['joining']>['ways'][number], string>> = {
  mdns: 'mDNS',
  dns_sd: 'the domains of discovery.dns_sd',
  scan: 'a scan of discovery.scan',
  peers: 'the nodes of discovery.peers',
}

/** What this node does to find the issuer of its invite. */
function tries({ joining }: FleetShape): string {
  const places = (joining?.places ?? []).map(printable).join(', ')
  const by = (joining?.ways ?? []).map((way) => WAYS[way]).join(', ')
  const how = [places && `at ${places}`, by && `by ${by}`].filter(Boolean).join(', and ')
  return how === ''
    ? 'The invite names no address of its issuer, and discovery is off here: give one, --at host:port.'
    : `Looking for the issuer ${how}.`
}

/** Of names it is not known here whether they have an address: the daemon asks for it, without the machine's resolver. */
function whereToLook({ joining }: FleetShape): string {
  const places = joining?.places ?? []
  const names = places
    .map((place) => place.replace(/:\d+$/, ''))
    .filter((host) => isIP(host.replace(/^\[|\]$/g, '')) === 0)
  if (names.length > 0)
    return `${names.map(printable).join(', ')}: a name has to be in /etc/hosts or known to a server of discovery.resolvers; an IP address always works.`
  if (places.length > 0)
    return `No issuer with this invite answers at ${places.map(printable).join(', ')}: compare address and port with karo status on the issuer, and let its firewall admit the port.`
  return 'The invite names no address of the issuer: give one, --at host:port.'
}

/** Why this node has no certificate yet. */
function notIn(state: FleetShape): KaroError {
  const { refused = null, clock_off_ms = null, ends_at = '' } = state.joining ?? {}
  if (refused !== null)
    return new KaroError('refused', `the invite was refused: ${refusalWords(refused)}`, {
      hint:
        Date.parse(ends_at) > Date.now()
          ? 'This node keeps trying.'
          : refused === 'revoked'
            ? 'Join again then.'
            : 'Ask for a new invite.',
    })
  if (clock_off_ms !== null)
    return new KaroError(
      'timeout',
      `the issuer is not accepted: its clock is ${clockWords(clock_off_ms)} (at most 5 min are allowed)`,
      {
        hint: 'Set the clock that is wrong, probably that of this machine: sudo timedatectl set-ntp true. This node keeps trying.',
      },
    )
  return new KaroError('timeout', 'the issuer has not answered yet; this node keeps looking for it', {
    hint: `${whereToLook(state)} karo ca show says how far the node has come.`,
  })
}

export const commands = [
  defineCommand('join', {
    summary: 'join a mesh with an invite',
    shows: getFleet,
    args: {
      invite: {
        optional: true,
        variadic: true,
        oneThing: true,
        description: 'the code, a file with it, or - for standard input (default: asks)',
        completes: 'file',
      },
    },
    options: {
      at: {
        value: 'host:port',
        description: 'address of the issuer, if it is none of those in the invite',
        repeat: true,
      },
      wait: { value: 'duration', description: 'how long to wait for the answer', default: '1m' },
    },
    examples: {
      'karo join enrolment.json': 'a file that karo invite --file wrote',
      'karo join - < code': 'the code is not visible in the list of processes',
    },
    async run(io, { args, options }) {
      const waitMs = parseDuration(options.wait, '--wait')
      const invite = args.invite.join(' ')
      if (invite === '') await permitted(io, joinFleet)
      const given = await givenBy(invite)
      const places = [...given.places, ...(options.at ?? [])]
      let state: FleetShape = await io.call(joinFleet, {
        body: { code: given.code, places, root: given.root as never },
      })
      const began = performance.now()
      const until = began + waitMs
      let told = io.json
      const waits = (): boolean =>
        state.own === null &&
        state.joining?.refused === null &&
        // A wrong clock rights itself seldom within the minute, and the person can mend it.
        (state.joining.clock_off_ms === null || performance.now() - began < CLOCK_MS)
      while (waits() && performance.now() < until) {
        await sleep(LOOK_MS)
        state = await io.call(getFleet)
        if (told || !waits() || performance.now() - began < SILENT_MS) continue
        told = true
        io.err(fitted(`${tries(state)} Waiting for at most ${options.wait}; it goes on afterwards.\n`, io))
      }
      const { own } = state
      if (own === null) throw notIn(state)
      const { name, fingerprint } = await io.call(getIdentity)
      const isAnother = own.name !== name && own.name.endsWith(`-${fingerprint.slice(0, 6)}`)
      const why = isAnother
        ? `${printable(name)} is what another machine is called there, or looks like a fingerprint, so digits of this one's are behind it. To choose another name, on an issuer: karo ca assign ${fingerprint} --name <name>\n`
        : ''
      return show(io, state, () =>
        fitted(
          `This node is ${printable(own.name)} in the mesh now, certified until ${localTime(own.ends_at)}. The certificate is renewed automatically.
${why}Every certified member admits this node: karo peers
`,
          io,
        ),
      )
    },
  }),
]
