using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Loyalty.Host.Normalize;

/// <summary>Turns TSV lines into JSON lines on their way out: one object for each line, with the names of the columns.</summary>
/// <remarks>Cells stand as in the TSV, escapes included; <c>true</c> and <c>false</c> of columns that are one or the other become booleans.</remarks>
internal sealed class JsonLines : Stream
{
    private readonly Stream _output;
    private readonly (JsonEncodedText Name, bool IsFlag)[] _columns;
    private readonly ArrayBufferWriter<byte> _line = new(1_024);
    private readonly Utf8JsonWriter _json;

    /// <param name="output">Receives the JSON lines.</param>
    /// <param name="columns">The names of the columns; those of booleans end with a question mark.</param>
    public JsonLines(Stream output, params ReadOnlySpan<string> columns)
    {
        _output = output;
        _columns = Array.ConvertAll(columns.ToArray(), static c => (JsonEncodedText.Encode(c.TrimEnd('?')), c.EndsWith('?')));
        _json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // A line can come in pieces.
        while (buffer.IndexOf((byte)'\n') is var feed and >= 0)
        {
            if (_line.WrittenCount == 0)
            {
                WriteLine(buffer[..feed]);
            }
            else
            {
                _line.Write(buffer[..feed]);
                WriteLine(_line.WrittenSpan);
                _line.ResetWrittenCount();
            }

            buffer = buffer[(feed + 1)..];
        }

        _line.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        _json.Flush();
        _output.Flush();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _json.Dispose();
        base.Dispose(disposing);
    }

    private void WriteLine(ReadOnlySpan<byte> line)
    {
        _json.WriteStartObject();
        foreach (var (name, isFlag) in _columns)
        {
            var tab = line.IndexOf((byte)'\t');
            var cell = tab < 0 ? line : line[..tab];
            line = tab < 0 ? default : line[(tab + 1)..];
            if (isFlag)
            {
                _json.WriteBoolean(name, cell.SequenceEqual("true"u8));
            }
            else
            {
                _json.WriteString(name, cell);
            }
        }

        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _output.WriteByte((byte)'\n');
    }
}
