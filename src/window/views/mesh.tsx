// Mesh: who waits for a decision, who is a member and how, and the certificate of this node.

import { useMemo, useRef, useState } from 'preact/hooks'
import { formatFingerprint, printable } from '../../api/contract/client/page.ts'
import { getFleet } from '../../api/contract/operations/fleet.ts'
import { DECISIONS, getPeers } from '../../api/contract/operations/peers.ts'
import type { FleetShape, PeerShape } from '../../api/contract/shapes.ts'
import {
  Act,
  type Columns,
  counted,
  Dialog,
  Facts,
  Figures,
  Foreign,
  Group,
  NodeName,
  number,
  Panel,
  plain,
  Shown,
  State,
  Table,
  Time,
} from '../parts/index.ts'
import { type Place, ReachMap } from '../parts/reach-map.tsx'
import { type Asked, client, keepWords, search, status, useAnswer } from '../state/index.ts'
import { Waiting, Words } from './pending.tsx'

interface DetailsProps {
  readonly peer: PeerShape
  readonly peers: readonly PeerShape[]
  /** This node certifies others, so that what it revokes is revoked in the whole mesh. */
  readonly isIssuer: boolean
  readonly again: () => void
  readonly onClose: () => void
}

function Details({ peer, peers, isIssuer, again, onClose }: DetailsProps) {
  const revoke = async (): Promise<void> => {
    await client.call(DECISIONS.revoke, { body: { who: peer.fingerprint } })
    again()
    onClose()
  }
  return (
    <Dialog title={peer.name || 'A machine'} onClose={onClose}>
      <Facts
        facts={{
          Words: <Words fingerprint={peer.fingerprint} />,
          Node: <code>{peer.node_id}</code>,
          Trust: `${plain(peer.trust_level)}, by ${plain(peer.why)}`,
          Standing: peer.standing ?? '–',
          Presence: peer.presence ?? 'not a member',
          'Known by': peer.known_by ?? '–',
          'Linked with': linksOf(peer, peers),
          'Not linked, because': peer.apart && plain(peer.apart),
          Certifies: peer.certifies === undefined ? null : counted(peer.certifies, 'machine'),
          Addresses: peer.addresses.join(', ') || 'only administrators may see this',
          'Last seen': <Time at={peer.last_seen} />,
        }}
      />
      {status.value?.you.admin === true && peer.state !== 'revoked' && (
        <Act
          kind="danger"
          run={revoke}
          confirm={
            isIssuer
              ? 'Its key is refused in the whole mesh, for good: press again'
              : 'Its key is refused here from now on: press again'
          }
        >
          Take back trust
        </Act>
      )}
    </Dialog>
  )
}

/** What the machine told of its links some minutes ago, by the names that this machine knows. */
function linksOf({ links }: PeerShape, peers: readonly PeerShape[]): string {
  if (links === undefined) return 'none told'
  const names = new Map(peers.map((one) => [one.fingerprint, one.name]))
  if (status.value !== undefined) names.set(status.value.fingerprint, status.value.name)
  return links.map((one) => names.get(one) || formatFingerprint(one)).join(', ')
}

/** How this machine reaches another one, by what it was told of it. */
const ringOf = ({ state, presence }: PeerShape): Place['ring'] =>
  state === 'connected' ? 0 : presence === 'online' || presence === 'unsure' ? 1 : 2
const REACHED = ['directly', 'through others', 'not now'] as const

/** The member that first told of a machine which is reached through others; it need not be a neighbour any more. */
const toldBy = (peer: PeerShape, peers: readonly PeerShape[]): PeerShape | undefined =>
  ringOf(peer) !== 1 || peer.through === undefined
    ? undefined
    : peers.find(({ fingerprint }) => fingerprint === peer.through)

const nameOf = ({ name, fingerprint }: PeerShape): string =>
  name === '' ? formatFingerprint(fingerprint) : printable(name)

function Reach({ peers }: { readonly peers: readonly PeerShape[] }) {
  const here = printable(status.value?.name || 'this machine')
  const places = peers.map(
    (peer): Place => ({
      id: peer.fingerprint,
      ring: ringOf(peer),
      name: nameOf(peer),
      links: peer.links ?? [],
    }),
  )
  // Hundreds of lines and circles, which are the same while only times change.
  const map = useMemo(
    () => (
      <ReachMap caption="Machines around this one, and how they are reached" here={here} places={places}>
        {[0, 1, 2].map((ring) => (
          <span key={ring} class={`legend ring-${ring}`}>
            {REACHED[ring]}: {number(places.filter((place) => place.ring === ring).length)}
          </span>
        ))}
        {places.some(({ links }) => links.length > 0) && (
          <span class="legend told">linked, as one of both says</span>
        )}
      </ReachMap>
    ),
    [JSON.stringify([here, places])],
  )
  return (
    <Panel
      title="Who is reached"
      wide
      note="As this machine sees it; the table of machines has the same data. Links between other machines are as these announced them some minutes ago; a machine that announces none has no such lines."
    >
      {map}
    </Panel>
  )
}

const EVENTS = [
  ...(['peer_connected', 'peer_gone', 'peer_pending', 'member_seen'] as const),
  ...(['member_left', 'trust_changed', 'config_reloaded'] as const),
]

/** Rows that are drawn at first, and with each press of the button below them. */
const ROWS = 50
/** Up to so many machines the list has no search, because a person sees each of them at once. */
const FEW = 8

/** What a machine is found by. */
const textOf = ({ name, fingerprint, state, trust_level, roles, teams }: PeerShape): string =>
  [name, fingerprint, state, plain(trust_level), ...roles, ...teams].join(' ').toLowerCase()

export function Mesh() {
  const asked = useAnswer(getPeers, EVENTS)
  const fleet = useAnswer(getFleet, EVENTS)
  const [looked, setLooked] = useState<string>()
  const words = search.value
  // Words in the address filter a short list too; the search field stays when they are deleted.
  const wasSought = useRef(false)
  wasSought.current ||= words !== ''
  const peers = asked.data?.peers ?? []
  const pending = peers.filter(({ state }) => state === 'pending')
  const others = peers.filter(({ state }) => state !== 'pending')
  const wanted = words.toLowerCase().split(/\s+/)
  const found = others.filter((peer) => wanted.every((word) => textOf(peer).includes(word)))
  const one = peers.find(({ node_id }) => node_id === looked)
  return (
    <>
      {pending.length > 0 && (
        <Panel
          title={`${counted(pending.length, 'machine')} waiting for a decision`}
          wide
          note="Before you trust a machine, compare these words with those of karo identity show there."
        >
          <ul class="list">
            {pending.map((peer) => (
              <Waiting key={peer.node_id} peer={peer} again={asked.again} />
            ))}
          </ul>
        </Panel>
      )}
      <Panel
        title="Machines"
        wide
        actions={
          (others.length > FEW || wasSought.current) && (
            <input
              type="search"
              aria-label="Words of a machine: its name, state, role or team"
              placeholder="Find a machine"
              value={words}
              onInput={({ currentTarget }) => {
                search.value = currentTarget.value
              }}
              onChange={keepWords}
            />
          )
        }
      >
        <Shown
          asked={asked}
          empty={({ peers: all }) =>
            all.length === 0 && (
              <>
                <p>This machine has met no other one yet.</p>
                <p class="quiet">
                  Machines of one network find each other by themselves; elsewhere an invite helps: karo
                  invite
                </p>
              </>
            )
          }
        >
          {() => (
            <>
              <Figures figures={figuresOf(others)} />
              {found.length === 0 && others.length > 0 && <p class="empty">No machine fits these words.</p>}
              <Table
                caption="Known machines"
                rows={found}
                keyOf="node_id"
                step={ROWS}
                by={words}
                columns={{
                  ...NAMED,
                  Reached: (peer) => reachedAs(peer, others),
                  ...COLUMNS,
                  More: (peer) => (
                    <button type="button" onClick={() => setLooked(peer.node_id)}>
                      Details
                      <span class="hidden">
                        {' '}
                        of <Foreign text={peer.name || peer.fingerprint} />
                      </span>
                    </button>
                  ),
                }}
              />
            </>
          )}
        </Shown>
      </Panel>
      {others.length > 0 && (
        <Group>
          <Reach peers={others} />
        </Group>
      )}
      <Group>
        <Certificate asked={fleet} />
      </Group>
      {one !== undefined && (
        <Details
          peer={one}
          peers={peers}
          isIssuer={fleet.data?.issuer === true}
          again={asked.again}
          onClose={() => setLooked(undefined)}
        />
      )}
    </>
  )
}

function figuresOf(peers: readonly PeerShape[]) {
  const of = (fits: (peer: PeerShape) => boolean): number => peers.filter(fits).length
  const missing = of(({ state }) => state === 'missing')
  return [
    {
      label: 'Linked',
      value: number(of(({ state }) => state === 'connected')),
      note: 'connected to this one',
    },
    { label: 'Online', value: number(of(({ presence }) => presence === 'online')), note: 'members seen' },
    { label: 'Members', value: number(of(({ standing }) => standing === 'member')), note: 'admitted here' },
    {
      label: 'Missing',
      value: number(missing),
      note: 'certified, but not online',
      tone: missing > 0 && ('warn' as const),
    },
  ]
}

const STATES = {
  connected: 'good',
  known: 'quiet',
  missing: 'warn',
  pending: 'warn',
  denied: 'bad',
  revoked: 'bad',
} as const

const NAMED: Columns<PeerShape> = {
  Machine: (peer) => <NodeName node={peer} />,
  State: ({ state }) => <State tone={STATES[state]}>{state}</State>,
}

function reachedAs(peer: PeerShape, others: readonly PeerShape[]) {
  const through = toldBy(peer, others)
  return (
    <>
      {REACHED[ringOf(peer)]}
      {peer.apart !== undefined && `: ${plain(peer.apart)}`}
      {through !== undefined && (
        <>
          , told of by <NodeName node={through} />
        </>
      )}
    </>
  )
}

const COLUMNS: Columns<PeerShape> = {
  Links: { cell: ({ links }) => (links === undefined ? '–' : number(links.length)), right: true },
  Trust: ({ trust_level }) => plain(trust_level),
  Roles: ({ roles }) => <Labels labels={roles} />,
  Teams: ({ teams }) => <Labels labels={teams} />,
  'Certified until': ({ certified_until, certificate_ended }) =>
    certified_until ? <Time at={certified_until} as="day" /> : certificate_ended ? 'ended' : '–',
  'Last seen': ({ last_seen }) => <Time at={last_seen} as="ago" />,
}

const Labels = ({ labels }: { readonly labels: readonly string[] }) =>
  labels.length === 0 ? <>–</> : <Foreign text={labels.join(', ')} />

function Certificate({ asked }: { readonly asked: Asked<FleetShape> }) {
  return (
    <Panel title="Certificate of this machine" wide>
      <Shown
        asked={asked}
        empty={({ mesh }) =>
          mesh === null && (
            <>
              <p>This machine belongs to no mesh with a root; people decide whom it trusts.</p>
              <p class="quiet">To found one: karo ca init. To join one: karo join</p>
            </>
          )
        }
      >
        {(fleet) => <Facts facts={factsOf(fleet)} />}
      </Shown>
    </Panel>
  )
}

const factsOf = ({ mesh, own, why_not, issuer, certified, revoked, lists_at, stale }: FleetShape) => ({
  Mesh: <code>{mesh?.slice(0, 16)}</code>,
  Certificate:
    own === null ? (
      <State tone="bad">{why_not === null ? 'none' : plain(why_not)}</State>
    ) : (
      <>
        <State tone="good">{own.usage}</State> until <Time at={own.ends_at} />
      </>
    ),
  Roles: own?.roles.join(', ') || '–',
  Teams: own?.teams.join(', ') || '–',
  Issuer: issuer ? 'this machine certifies others' : 'no',
  'Certified machines': `${number(certified)}; ${counted(revoked, 'key')} revoked`,
  'Revocation list': (
    <>
      <Time at={lists_at} as="ago" />
      {stale && <State tone="bad">too old: certificates open no data here</State>}
    </>
  ),
})
