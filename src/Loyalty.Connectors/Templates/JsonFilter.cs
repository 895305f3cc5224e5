using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fluid;
using Fluid.Values;

namespace Loyalty.Connectors.Templates;

/// <summary>The filter <c>json</c>: a text as JSON has it, quoted and escaped. Fluid's own looks at objects by reflection.</summary>
internal static class JsonFilter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void AddTo(TemplateOptions options) => options.Filters.AddFilter("json", static (input, _, context) =>
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            Write(writer, input, context);
        }

        return new StringValue(Encoding.UTF8.GetString(bytes.WrittenSpan), encode: false);
    });

    private static void Write(Utf8JsonWriter writer, FluidValue value, TemplateContext context)
    {
        switch (value.Type)
        {
            case FluidValues.Nil or FluidValues.Empty or FluidValues.Blank:
                writer.WriteNullValue();
                break;
            case FluidValues.Boolean:
                writer.WriteBooleanValue(value.ToBooleanValue());
                break;
            case FluidValues.Number:
                writer.WriteNumberValue(value.ToNumberValue());
                break;
            case FluidValues.Array:
                writer.WriteStartArray();
                foreach (var item in value.Enumerate(context))
                {
                    Write(writer, item, context);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(value.ToStringValue());
                break;
        }
    }
}
