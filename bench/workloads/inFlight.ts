/** So many calls at a time: the next one starts when one of them ends. */
export const inFlight = async (
  atOnce: number,
  count: number,
  call: (at: number) => unknown
): Promise<void> => {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) await call(at)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane))
}
