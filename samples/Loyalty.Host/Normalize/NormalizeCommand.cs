using System.Text;
using Loyalty.Identity;

namespace Loyalty.Host.Normalize;

/// <summary><c>loyalty normalize …</c>: one input per line, one TSV line per input, streaming.</summary>
public static class NormalizeCommand
{
    private static readonly byte[][] HandleReasons = Codes<HandleReason>();
    private static readonly byte[][] HandleStatuses = Codes<HandleStatus>();

    /// <summary>Reads handles: <c>input, handle, status, reason</c>.</summary>
    /// <param name="input">Lines of UTF-8.</param>
    /// <param name="output">Receives the TSV lines; flushed at the end.</param>
    /// <param name="platform">The platform whose rules count. Without it TikTok's do, unless the link or label names another.</param>
    /// <param name="cancellation">Ends the run between two lines.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static int RunHandle(Stream input, Stream output, HandlePlatform? platform = null, CancellationToken cancellation = default)
    {
        Span<byte> handle = stackalloc byte[Handle.MaxUtf8Length];
        var lines = new LineInput(input);
        var tsv = new LineOutput(output);
        while (lines.TryRead(out var line))
        {
            cancellation.ThrowIfCancellationRequested();
            HandleStatus status;
            HandleReason reason;
            int written;
            if (lines.Continues)
            {
                EchoLong(lines, tsv, line, cancellation);
                (status, reason, written) = (HandleStatus.Invalid, HandleReason.Oversized, 0);
            }
            else
            {
                tsv.Text(line);
                status = ReadHandle(line, platform, handle, out written, out reason);
            }

            tsv.Raw((byte)'\t');
            tsv.Raw(handle[..written]);
            tsv.Raw((byte)'\t');
            tsv.Raw(HandleStatuses[(int)status]);
            tsv.Raw((byte)'\t');
            tsv.Raw(HandleReasons[(int)reason]);
            tsv.Raw((byte)'\n');
        }

        tsv.Flush();
        output.Flush();
        return 0;
    }

    private static HandleStatus ReadHandle(ReadOnlySpan<byte> line, HandlePlatform? platform, Span<byte> handle, out int written, out HandleReason reason)
    {
        var status = Handle.Normalize(line, platform ?? HandlePlatform.TikTok, handle, out written, out reason);
        for (var other = HandlePlatform.Instagram; platform is null && reason == HandleReason.OtherPlatform && other <= HandlePlatform.YouTube; other++)
        {
            status = Handle.Normalize(line, other, handle, out written, out reason);
        }

        return status;
    }

    /// <summary>Echoes a line that is too long to be looked at, piece by piece.</summary>
    private static void EchoLong(LineInput lines, LineOutput tsv, ReadOnlySpan<byte> piece, CancellationToken cancellation)
    {
        tsv.Text(piece);
        while (lines.Continues && lines.TryRead(out piece))
        {
            cancellation.ThrowIfCancellationRequested();
            tsv.Text(piece);
        }
    }

    /// <summary>The names of an enum in snake case, by value; <c>None</c> is empty.</summary>
    private static byte[][] Codes<T>()
        where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(value => value.ToString()).Select(name => name == "None" ? [] : Encoding.ASCII.GetBytes(
            string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()))))];
}
