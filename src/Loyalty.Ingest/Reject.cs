namespace Loyalty.Ingest;

/// <summary>A row that was not taken: where it stands, why, and its text.</summary>
/// <remarks>A view: the spans are valid during the call that hands it out.</remarks>
public readonly ref struct Reject
{
    /// <summary>The name of the file, without its folder.</summary>
    public required string File { get; init; }

    /// <summary>The line of the file, from 1, where the record starts.</summary>
    public required long Line { get; init; }

    /// <summary>The header cell of the faulty column, trimmed; empty when the whole row is at fault.</summary>
    public required string Column { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Reason { get; init; }

    /// <summary>The faulty cell as read, UTF-8; empty when the whole row is at fault.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The record as read, without its line end; bytes that are no valid UTF-8 stand as they were.</summary>
    public ReadOnlySpan<byte> Raw { get; init; }
}

/// <summary>Takes the rejected rows of a source, in order of lines.</summary>
/// <param name="reject">The row; copy what you keep.</param>
public delegate void RejectHandler(in Reject reject);
