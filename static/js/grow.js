// Fields that grow with their text, where the style sheet alone (field-sizing) cannot do it.

const IS_NATIVE = CSS.supports("field-sizing", "content");

export function grow(field) {
  if (IS_NATIVE) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
