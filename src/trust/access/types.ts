// What the access room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { Room } from '../../base/run/room.ts'

export interface Rights {
  /** May manage the node and its mesh; sees nobody's commands or numbers but their own for that. */
  readonly admin: boolean
  /** May ask the mesh in the name of this node. Administrators of the node may too. */
  readonly asks: boolean
}

export interface Access extends Room {
  /**
   * By `access.admins` and `access.askers` as they are now, and by the groups a person is in now: at most 5 s old.
   * Never rejects and never takes longer than 3 s: while the system's name service fails, what names or groups of a
   * directory would grant is not granted; what the machine's own files grant is.
   */
  of(uid: number): Promise<Rights>
  /** `config.access` has changed. */
  reload(): void
}

/** The groups of one person in the machine's own files; empty for people of a directory service. */
export interface LocalNames {
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** When the file of the users was last changed, milliseconds since the epoch: since then at least they are there. */
  readonly changed?: number
}

/** Asks the system about people and their groups. Rejects if the system cannot say. */
export interface NameService {
  /** Undefined: nobody has that number. */
  nameOf(uid: number): Promise<string | undefined>
  /** Undefined: nobody is called that. */
  uidOf(user: string): Promise<number | undefined>
  /** Undefined: no group is called that. */
  gidOf(group: string): Promise<number | undefined>
  /** All of them, the primary one too; none when the system does not know that uid. */
  groupsOf(uid: number): Promise<readonly number[]>
  /** Asks no directory, and so never takes long. */
  local(uid: number): Promise<LocalNames>
}
