/** Whether a time has passed since the call. */
export const deadline = (millis: number): () => boolean => {
  const end = performance.now() + millis
  return () => performance.now() > end
}
