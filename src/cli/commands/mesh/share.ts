// karo share: what you consent to, for each person for themself; a change holds at once.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { CHANGES, getPreview, getShare, NAMED_CHANGES } from '../../../api/contract/operations/share.ts'
import { type Command, type CommandArgument, defineCommand, show } from '../../command.ts'
import { oneNode } from '../../values.ts'
import { sharingView } from '../../views/share.ts'
import { previewView } from '../../views/share-preview.ts'

const who: CommandArgument = {
  name: 'who',
  required: true,
  // A fingerprint is read aloud and typed in groups of four: they may be several words.
  variadic: true,
  oneThing: true,
  description:
    "one node (id, name, or fingerprint, also in groups of four); team:eng; role:lead; or '*' for every node whose trust level qualifies",
  completes: 'audience',
}

const showAll = defineCommand({
  name: 'share show',
  summary: 'who may have which of your numbers right now, and why',
  shows: getShare,
  examples: [{ run: 'karo share show', does: 'every known node and what it may have' }],
  run: async (io) => show(io, await daemonAt(io).call(getShare), sharingView),
})

const preview = defineCommand({
  name: 'share preview',
  summary: 'the summaries of your numbers that would leave now, exactly as their recipients will read them',
  shows: getPreview,
  options: [
    {
      name: 'to',
      value: 'node',
      description: 'only what this node could read: its id, name or fingerprint',
      completes: 'node',
    },
    {
      name: 'role',
      value: 'role',
      description: 'only what nodes that you gave this role could read',
      completes: 'role',
    },
  ],
  examples: [
    { run: 'karo share preview', does: 'every period and who could read it' },
    { run: 'karo share preview --to bob', does: 'the same as bob will see it' },
    { run: 'karo share preview --role security', does: 'what your security people can read' },
  ],
  async run(io, { options }) {
    const shape = await daemonAt(io).call(getPreview, { query: { to: options.to, role: options.role } })
    return show(io, shape, previewView)
  },
})

const allow = defineCommand({
  name: 'share allow',
  summary: 'consent to a node, team or role; while sharing is off, to this one alone',
  shows: NAMED_CHANGES.allow,
  args: [who],
  examples: [
    { run: 'karo share allow bob', does: 'bob may ask this node for your numbers' },
    { run: 'karo share allow team:eng', does: 'so may everybody you placed in that team' },
  ],
  run: async (io, { args }) =>
    show(
      io,
      await daemonAt(io).call(NAMED_CHANGES.allow, { body: { who: oneNode(args.who, 'karo share allow') } }),
      sharingView,
    ),
})

const stop = defineCommand({
  name: 'share stop',
  summary: 'withdraw consent; stays withdrawn until you allow the same again, and leaves trust alone',
  shows: NAMED_CHANGES.stop,
  args: [who],
  examples: [
    { run: 'karo share stop bob', does: "bob is refused, even if '*' or his team is allowed" },
    { run: "karo share stop '*'", does: 'forgets everybody you allowed' },
  ],
  run: async (io, { args }) =>
    show(
      io,
      await daemonAt(io).call(NAMED_CHANGES.stop, { body: { who: oneNode(args.who, 'karo share stop') } }),
      sharingView,
    ),
})

const off = defineCommand({
  name: 'share off',
  summary: 'nothing to anybody, until `karo share on` or `karo share allow`',
  shows: CHANGES.off,
  examples: [{ run: 'karo share off', does: 'every question about your numbers is refused' }],
  run: async (io) => show(io, await daemonAt(io).call(CHANGES.off), sharingView),
})

const on = defineCommand({
  name: 'share on',
  summary: 'after `karo share off`: what you had agreed to before holds again',
  shows: CHANGES.on,
  examples: [{ run: 'karo share on', does: 'back to how it was before `karo share off`' }],
  run: async (io) => show(io, await daemonAt(io).call(CHANGES.on), sharingView),
})

export const commands: readonly Command[] = [showAll, preview, allow, stop, off, on]
