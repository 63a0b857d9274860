// The check of policy files: whether a daemon can judge by them, and whether the one that runs does.
import { digestOf, loadPolicies, readPolicyFiles } from '../../../trust/policy/load.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import type { World } from '../world.ts'

export async function policyFiles(world: World): Promise<readonly Finding[]> {
  const config = world.config()
  if ('error' in config) return [skipped('the configuration cannot be used: see config.file')]
  const paths = config.loaded.config.policy.files
  const facts = (await world.facts())?.policy
  const found: Finding[] = []
  try {
    const { warnings } = await loadPolicies(paths)
    found.push(...warnings.map((says) => warn(says, 'Correct the policy, or remove it if it is of no use.')))
    const now = readPolicyFiles(paths).map(({ path, bytes }) => `${path} ${digestOf(bytes)}`)
    const inForce = facts?.files.map(({ path, digest }) => `${path} ${digest}`)
    if (inForce !== undefined && inForce.join('\n') !== now.join('\n')) {
      found.push(warn('the policies in force differ from the files', 'sudo systemctl reload karo'))
    }
  } catch (error) {
    const { message, where } = error as { message: string; where?: string }
    const kept = facts === undefined ? '' : '; the daemon uses the policies that it has'
    found.push(fail(`${where === undefined ? '' : `${where}: `}${message}${kept}`))
  }
  if (found.length > 0) return found
  return [ok(paths.length === 0 ? 'none: the built-in role table is in force' : `${paths.length} in force`)]
}
