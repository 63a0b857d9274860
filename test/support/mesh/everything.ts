// What an intake is given that was asked for whatever comes.

export const EVERYTHING: ReadonlySet<string> = new (class extends Set<string> {
  override has(): boolean {
    return true
  }
})()
