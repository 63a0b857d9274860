// Whether the node is used alone, for views that would otherwise speak of other machines.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { getStatus } from '../../api/contract/operations/status.ts'
import type { CommandIo } from '../command.ts'

/** False also where the daemon cannot say. */
export const isUsedAlone = (io: Pick<CommandIo, 'socket' | 'trace'>): Promise<boolean> =>
  daemonAt(io)
    .call(getStatus)
    .then(
      ({ mesh }) => mesh.alone,
      () => false,
    )
