// The agents of this node: their manifests in the store, verified at each start, and what each is doing.
import { KaroError, sayWhy } from '../../base/errors.ts'
import { closest } from '../../base/suggest.ts'
import type { AgentRepository } from '../../store/tables/agents.ts'
import type { Identity } from '../../trust/identity/index.ts'
import { isBuiltIn } from '../builtins/words.ts'
import { type Manifest, signManifest, verifyManifest, type Wanted } from '../manifest/manifest.ts'
import { AGENT_NAME } from '../manifest/words.ts'
import type { Task } from '../tasks/types.ts'
import type { AgentId } from '../types.ts'
import { type Agent, type AgentDeps, type AgentOf, createAgent } from './agent.ts'

/** Agents of one node; the Muscle has as many places for jails. */
const MOST_AGENTS = 32

export interface Known extends AgentOf {
  readonly agent: Agent
  /**
   * Only of an agent whose tasks name the command that it runs: the manifest with the command of this task, and what that reads. Throws KaroError
   * `bad_request`.
   */
  forTask?(task: Pick<Task, 'tool' | 'input'>): { readonly manifest: Manifest; readonly input: string }
}

interface RegistryDeps extends AgentDeps {
  readonly repository: Pick<AgentRepository, 'putManifest' | 'removeManifest' | 'manifest' | 'manifests'>
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'former'>
}

export type Registry = ReturnType<typeof createRegistry>

export function createRegistry(deps: RegistryDeps) {
  const { repository, identity, clock } = deps
  const agents = new Map<string, Known>()

  /** What is in the store has to be what was there when the agent was added. */
  function know(person: number, id: AgentId): Known {
    const name = id.slice(id.indexOf(':') + 1)
    let read: { readonly bytes: Uint8Array; readonly manifest: Manifest } | undefined
    const manifest = async (): Promise<Manifest> => {
      if (isBuiltIn(id))
        throw new KaroError('refused', `${id} is the id of a built-in agent now, so this one does not run`, {
          where: 'manifest',
          hint: `Remove it, and add it again under another name: karo agent remove ${name}`,
        })
      const bytes = (await repository.manifest(person, id)) ?? new Uint8Array()
      // Every task reads it several times; the same bytes need no second look at their signature.
      if (read === undefined || !Buffer.from(bytes).equals(read.bytes))
        read = { bytes, manifest: verifyManifest(bytes, { person, id }, identity) }
      return read.manifest
    }
    const of = { id, person, manifest, name }
    const known: Known = { id, person, manifest, name, agent: createAgent(of, deps) }
    agents.set(known.name, known)
    return known
  }

  return {
    async load() {
      for (const { uid, id } of await repository.manifests()) {
        if (!/^k[A-Za-z]+:/.test(id)) continue
        const known = know(uid, id as AgentId)
        await known.manifest().catch((error) => known.agent.refuse(sayWhy(error)))
      }
    },
    all: () => [...agents.values()],
    /** By name or id; `person`: only that one's. Throws KaroError `not_found`. */
    find(which: string, person?: number) {
      const known = agents.get(which.slice(which.indexOf(':') + 1))
      const mine = known !== undefined && (person === undefined || known.person === person)
      if (mine && (which === known.name || which === known.id)) return known
      const names = [...agents.values()].flatMap((one) =>
        person === undefined || one.person === person ? one.name : [],
      )
      const near = closest(which, names)
      throw new KaroError('not_found', `there is no agent '${which}'`, {
        hint: near === undefined ? 'karo agent list shows your agents.' : `Did you mean ${near}?`,
      })
    },
    /** Throws KaroError: `bad_request`, `conflict` (the name is taken), `rate_limited` (as many as there may be). */
    async add(person: number, wanted: Wanted) {
      if (!AGENT_NAME.test(wanted.name))
        throw new KaroError('bad_request', 'a name has at most 32 small letters, digits and . _ -', {
          where: 'NAME',
        })
      if (agents.has(wanted.name))
        throw new KaroError('conflict', `an agent of this node is called ${wanted.name} already`, {
          hint: 'Choose another name, or remove that one: karo agent remove.',
        })
      if (agents.size >= MOST_AGENTS)
        throw new KaroError('rate_limited', `a node has at most ${MOST_AGENTS} agents`, {
          hint: 'Remove one that is not needed: karo agent remove.',
        })
      const { manifest, bytes } = signManifest(wanted, { person, addedAt: clock.now() }, identity)
      const known = know(person, manifest.id)
      try {
        await repository.putManifest({ uid: person, id: manifest.id, bytes })
        return known
      } catch (error) {
        agents.delete(known.name)
        throw error
      }
    },
    /** Stops it and forgets it. */
    async remove(known: Known) {
      if (agents.get(known.name) !== known) return
      await repository.removeManifest(known.person, known.id)
      agents.delete(known.name)
      await known.agent.retire()
    },
    async stopAll(why: string) {
      await Promise.all([...agents.values()].map(({ agent }) => agent.stop(why)))
    },
  }
}
