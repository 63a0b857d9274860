// Whether the node is used alone, for views that would otherwise speak of other machines.
import { getStatus } from '../../api/contract/operations/status.ts'
import type { CommandIo } from '../command.ts'

/** False also where the daemon cannot say. */
export const isUsedAlone = (io: CommandIo): Promise<boolean> =>
  io.call(getStatus).then(
    ({ mesh }) => mesh.alone,
    () => false,
  )
