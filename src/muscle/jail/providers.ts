// Every way to build a jail that this build has, in the order in which they are preferred.
import { systemClock, systemTimers } from '../../base/clock.ts'
import { openDescriptors } from '../../base/kernel/descriptors.ts'
import { landlockVersion } from '../../base/kernel/landlock.ts'
import { createBwrap } from './bwrap.ts'
import { createLandlock } from './landlock.ts'
import type { Provider } from './provider.ts'
import { createVm } from './vm.ts'

/** `closed`: directories of Karo that no jail sees. `socket`: of the Muscle. `state`: where templates of virtual machines are kept; `kvm`: whether KVM is tried for them. */
export async function createProviders(
  closed: readonly string[],
  socket: string,
  state?: string,
  kvm = true,
): Promise<readonly Provider[]> {
  const version = await landlockVersion()
  const means = { descriptors: await openDescriptors(), closed, socket, landlock: version }
  const timers = systemTimers
  return [
    createBwrap(means),
    createLandlock({ ...means, version, timers }),
    createVm({ ...means, timers, now: systemClock.now, state, kvm }),
  ]
}
