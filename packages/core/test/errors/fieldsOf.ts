/** An error's own fields, to be compared as data: the class, the stack and the message are left out. */
export const fieldsOf = (error: object): unknown => Object.fromEntries(Object.entries(error))
