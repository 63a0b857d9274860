// `karo __complete`: what the running daemon knows, one candidate a line, for the shells' completion; hidden, quick, never loud.
import type { Operation } from '../../api/contract/operation.ts'
import { getPeers } from '../../api/contract/operations/peers.ts'
import type { PeerShape } from '../../api/contract/shapes.ts'
import { type CommandIo, formatFingerprint, printable } from '../kit.ts'

/** Somebody waits with a finger on Tab. */
const SOON = { deadlineMs: 1_000 }
/** More no list shows. */
const MOST = 500
/** Characters that are said of one. */
const ABOUT_LENGTH = 60

interface Candidate {
  readonly word: string
  readonly about: string
}

/**
 * `args`: what is wanted, what was typed of it so far, perhaps `--home` and a directory. Prints `word<TAB>description`
 * lines; nothing where no daemon answers or anything is wrong, and never to stderr: it would be written into the line.
 */
export async function complete(
  args: readonly string[],
  ioOf: (home: string | undefined) => Asking & Pick<CommandIo, 'out'>,
): Promise<undefined> {
  const [what = '', typed = '', option, home] = args
  try {
    const io = ioOf(option === '--home' ? home : undefined)
    const candidates = what.includes(':')
      ? await listed(io, what)
      : (OF_PEERS.get(what)?.((await io.call(getPeers, SOON)).peers, typed) ?? [])
    const lines = candidates
      .filter(({ word }) => isTypable(word))
      .slice(0, MOST)
      .map(({ word, about }) => `${word}\t${printable(about.slice(0, ABOUT_LENGTH))}\n`)
    io.out(lines.join(''))
  } catch {
    // No daemon, not ours, too slow: nothing to offer.
  }
}

type Asking = Pick<CommandIo, 'call' | 'commands'>

/** Of a row, what is said beside its name or id: the first of these that it has. */
const SAID = ['state', 'goal', 'note', 'words', 'text', 'action', 'file', 'name', 'scope', 'agent']

/** What a command shows, as LiveWords names it. */
async function listed({ call, commands }: Asking, what: string): Promise<readonly Candidate[]> {
  const [group, second, member = ''] = what.split(':')
  const all = await commands.find(({ name }) => name === group)?.load()
  const shows = all?.find(({ name }) => name === `${group} ${second}`.trim())?.shows
  const answer = await call(shows as Operation<undefined, undefined, object>, SOON)
  const rows: readonly Readonly<Record<string, unknown>>[] = Object.values(answer).find(Array.isArray) ?? []
  return rows.map((row) => {
    const said = SAID.find((name) => name !== member && row[name])
    return { word: String(row[member]), about: said ? String(row[said]) : '' }
  })
}

const OF_PEERS = new Map<string, (peers: readonly PeerShape[], typed: string) => readonly Candidate[]>(
  Object.entries({
    node: nodes,
    team: (peers, typed) => afterComma(labels(peers, 'teams'), typed),
    role: (peers, typed) => afterComma(labels(peers, 'roles'), typed),
    audience: (peers, typed) => [
      ...nodes(peers, typed),
      ...labels(peers, 'teams').map((team) => ({ word: `team:${team}`, about: 'everybody in that team' })),
      ...labels(peers, 'roles').map((role) => ({ word: `role:${role}`, about: 'everybody with that role' })),
      { word: '*', about: 'every node whose trust level qualifies' },
    ],
  }),
)

/**
 * By name where one is unique and can be typed, else by fingerprint; those who began to type a fingerprint or a node id
 * are offered these.
 */
function nodes(peers: readonly PeerShape[], typed: string): Candidate[] {
  const count = Map.groupBy(peers, ({ name }) => name)
  return peers.flatMap(({ name, fingerprint, node_id, state, trust_level }) => {
    const about = `${state}, ${trust_level}`
    if (typed.startsWith('karo:')) return [{ word: node_id, about: `${name} ${about}` }]
    const named = isTypable(name) && count.get(name)?.length === 1
    const byName = named ? [{ word: name, about: `${formatFingerprint(fingerprint)} ${about}` }] : []
    const byNumber =
      !named || (typed !== '' && fingerprint.startsWith(typed))
        ? [{ word: fingerprint, about: `${name} ${about}` }]
        : []
    return [...byName, ...byNumber]
  })
}

/**
 * The owner of a node chooses its name freely. The shells quote every character; names that no quoting makes safe are
 * left out: with line ends, tabs or invisible characters, with a leading dash (an option), tilde (a home) or equals sign (in
 * zsh, the path of a program).
 */
const isTypable = (name: string): boolean =>
  name !== '' && name === name.trim() && printable(name) === name && !/^[-~=]|\t/.test(name)

function labels(peers: readonly PeerShape[], kind: 'teams' | 'roles'): string[] {
  return [...new Set(peers.flatMap((peer) => peer[kind]))].sort()
}

/** In `a,b` only what stands after the last comma is being typed. */
function afterComma(all: readonly string[], typed: string): Candidate[] {
  const before = typed.slice(0, typed.lastIndexOf(',') + 1)
  return all.map((label) => ({ word: `${before}${label}`, about: '' }))
}
