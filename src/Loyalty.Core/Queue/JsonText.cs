using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Loyalty.Queue;

/// <summary>Writes small JSON texts one after the other, with what the one before left: a run makes one for each delivery.</summary>
internal static class JsonText
{
    private const int MostKept = 1 << 16;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    /// <summary>The text of one value.</summary>
    /// <param name="write">Writes the value; makes no other text.</param>
    /// <param name="state">What is to be written.</param>
    public static string Of<T>(Action<Utf8JsonWriter, T> write, T state)
        where T : allows ref struct
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(1_024);
        var writer = t_writer ??= new Utf8JsonWriter(buffer);
        try
        {
            write(writer, state);
            writer.Flush();
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        finally
        {
            // Also when a value could not be written: what is half done is nobody's.
            buffer.ResetWrittenCount();
            writer.Reset(buffer);
            if (buffer.Capacity > MostKept)
            {
                (t_buffer, t_writer) = (null, null);
            }
        }
    }
}
