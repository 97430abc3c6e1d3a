/** As much of Electron's `app` as the story needs: whoever hears `before-quit` may prevent it, and ask again later. */
import { EventEmitter } from "node:events"

interface QuitEvent {
  readonly preventDefault: () => void
}

class App extends EventEmitter<{ "before-quit": [QuitEvent]; quit: [] }> {
  quit(): void {
    let isPrevented = false
    this.emit("before-quit", {
      preventDefault: () => {
        isPrevented = true
      }
    })
    if (!isPrevented) this.emit("quit")
  }
}

export const app = new App()
