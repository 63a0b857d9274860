// Every way to build a jail that this build has, in the order in which they are preferred.
import { systemTimers } from '../../base/clock.ts'
import { openDescriptors } from '../../base/kernel/descriptors.ts'
import { landlockVersion } from '../../base/kernel/landlock.ts'
import { createBwrap } from './bwrap.ts'
import { createLandlock } from './landlock.ts'
import type { Provider } from './provider.ts'

/** `closed`: directories of Karo that no jail sees. `socket`: of the Muscle. */
export async function createProviders(
  closed: readonly string[],
  socket: string,
): Promise<readonly Provider[]> {
  const version = await landlockVersion()
  const means = { descriptors: await openDescriptors(), closed, socket, landlock: version }
  return [createBwrap(means), createLandlock({ ...means, version, timers: systemTimers })]
}
