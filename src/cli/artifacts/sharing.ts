// karo artifact share, shares, unshare, where: who else may read an artifact, and who else has one.
import {
  findArtifact,
  getShares,
  shareArtifact,
  unshareArtifact,
} from '../../api/contract/operations/agents/artifacts.ts'
import { localTime } from '../../base/format.ts'
import { type Command, defineCommand, show } from '../command.ts'
import { parseDuration, rfc3339 } from '../input/time.ts'
import { holdersView, sharesView } from '../views/agents/artifacts.ts'

export const ARTIFACT = {
  description: 'its id, or at least 6 digits of the beginning, see karo artifact list',
  completes: 'artifact:list:id',
} as const

const share = defineCommand('artifact share', {
  summary: 'let others read an artifact for some time, and print a link to it',
  shows: shareArtifact,
  args: { id: ARTIFACT },
  options: {
    for: { value: 'duration', description: 'for how long, 1m to 90d (default: 1d)' },
    to: {
      value: 'who',
      completes: 'node',
      description:
        'only this member or operator, who then needs no link (default: every member with the link)',
    },
    tell: 'also tell all members that this node has the artifact, without its name',
  },
  examples: {
    'karo artifact share 4f1d2a0c9b33 --for 1h': 'anybody with the link, for an hour',
    'karo artifact share 4f1d2a0c9b33 --to build-1 --for 7d': 'one machine',
  },
  async run(io, { args, options }) {
    const length = parseDuration(options.for ?? '1d', '--for')
    const body = {
      id: args.id,
      ends_at: rfc3339(Date.now() + length, '--for'),
      told: options.tell === true,
      to: options.to,
    }
    const made = await io.call(shareArtifact, { body })
    // The link alone is on standard output, so that it can be piped.
    if (!io.json) {
      const who = made.audience === null ? 'Every member who has this link' : `Only ${options.to}`
      io.err(
        `${who} may read it until ${localTime(made.ends_at)}. To end it earlier: karo artifact unshare ${made.share.slice(0, 12)}\n`,
      )
    }
    return show(io, made, ({ link }) => `${link}\n`)
  },
})

const shares = defineCommand('artifact shares', {
  summary: 'list what you share, with whom, until when, and how often it was read',
  shows: getShares,
  view: sharesView,
})

const unshare = defineCommand('artifact unshare', {
  summary: 'end a share, or all shares of an artifact, at once; their links stop working',
  shows: unshareArtifact,
  args: {
    id: {
      description: 'id of a share or of an artifact, or at least 6 digits of the beginning',
      completes: 'artifact:shares:share',
    },
  },
  examples: { 'karo artifact unshare 9b0c4de1a2f3': 'also ends a transfer that is under way' },
  view: ({ ended }) => `${ended === 1 ? 'One share has' : `${ended} shares have`} ended.\n`,
})

const where = defineCommand('artifact where', {
  summary: 'list the other members that announce an artifact',
  shows: findArtifact,
  args: { id: ARTIFACT },
  examples: {
    'karo artifact where 4f1d2a0c9b33': 'each of these machines decides whether you may read it',
  },
  view: holdersView,
})

export const sharingCommands: readonly Command[] = [share, shares, unshare, where]
