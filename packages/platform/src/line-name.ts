/** The kernel keeps this much of a line's name (GPIO_MAX_NAME_SIZE is 32 with its NUL, linux/gpio.h). */
export const longestLineName = 31;

export const lineNamePattern = new RegExp(`^[A-Za-z0-9][A-Za-z0-9_.:+#/-]{0,${longestLineName - 1}}$`);
