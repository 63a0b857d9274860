// A request that the API has answered, as its metrics count it.

export interface RequestSeen {
  /** The pattern of its route; undefined where there is none. */
  readonly route: string | undefined
  /** Stands for routes that are one person's affair, so that the metrics do not show which of them was used. */
  readonly personal: boolean
  readonly method: string
  readonly status: number
  readonly elapsed_ms: number
}
