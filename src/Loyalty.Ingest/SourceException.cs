namespace Loyalty.Ingest;

/// <summary>What makes a whole source unusable.</summary>
public enum SourceFault
{
    /// <summary>The file is empty: it has no header.</summary>
    Empty,

    /// <summary>The header lacks columns, has one that is read twice, or its cells are not separated by commas.</summary>
    Header,

    /// <summary>The file is another export than the one expected.</summary>
    OtherExport,

    /// <summary>The encoding is not one that is read.</summary>
    Encoding,

    /// <summary>A quoted field is not closed before the end of the file: the file was cut, or a quote is missing.</summary>
    UnclosedQuote,

    /// <summary>A record is longer, or has more columns, than is read.</summary>
    TooLong,

    /// <summary>The file changed while it was read.</summary>
    Changed,

    /// <summary>The file is no JSON, or no page of the expected interface.</summary>
    Json,

    /// <summary>Without a program, amounts of two currencies came together.</summary>
    Currency,

    /// <summary>The file was given twice, and its rows have nothing by which the second time could be told.</summary>
    Repeated,
}

/// <summary>Thrown when a source cannot be used as a whole; no row of it may be kept.</summary>
public sealed class SourceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="message">What was found, where, what was expected, what to do.</param>
    /// <param name="innerException">What was met, if anything.</param>
    public SourceException(SourceFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>What is wrong.</summary>
    public SourceFault Fault { get; }
}
