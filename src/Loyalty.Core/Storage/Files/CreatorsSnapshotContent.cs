using Loyalty.Creators;
using Loyalty.Programs;
using Loyalty.Storage.Creators;
using Loyalty.Storage.InMemory.Creators;

namespace Loyalty.Storage.Files;

/// <summary>The part of a snapshot that keeps creators, their records and the log of communications: what stands where. Version 1.</summary>
internal static class CreatorsSnapshotContent
{
    public static void Write(SnapshotWriter writer, InMemoryCreatorStore store)
    {
        var texts = new SnapshotTexts(writer);
        var records = store.Records;

        // A creator has a handle and some four texts of its own, a sample its order, a video its key, link and title.
        texts.EnsureCapacity((5 * records.Creators.Count) + records.Samples.Count + (3 * records.Videos.Count));
        writer.Text(store.Program!.Json.Span);
        writer.Int(store.AsOf?.DayNumber ?? -1);
        Write(writer, records.Totals);
        WriteAll(writer, records.Order, source => writer.Int((int)source));
        WriteAll(writer, records.Imports, import =>
        {
            writer.Int(import.Id);
            writer.Int((int)import.Source);
            texts.Write(import.File);
            texts.Write(import.Fingerprint);
            writer.Long(import.RowsRead);
            writer.Long(import.RowsSkipped);
            writer.Long(import.RowsRejected);
        });
        WriteAll(writer, records.Creators.Values, creator =>
        {
            texts.Write(creator.Handle);
            writer.Int(creator.Samples);
            writer.Int(creator.Videos);
            Write(writer, texts, creator.Tags);
            Write(writer, texts, creator.Evidence);
        });
        WriteAll(writer, records.Samples.Values, sample => Write(writer, texts, sample));
        WriteAll(writer, records.Videos.Values, video => Write(writer, texts, video));
        WriteAll(writer, records.Snapshots.Values, snapshot => Write(writer, texts, snapshot));
        WriteAll(writer, records.Links.Values, link =>
        {
            texts.Write(link.Brand);
            texts.Write(link.Handle);
            writer.Int(link.Samples);
            Write(writer, link.Gmv);
            Write(writer, link.Videos);
            Write(writer, link.Lives);
            texts.Write(link.ProductsSampled);
        });
        WriteAll(writer, records.Products.Values, product =>
        {
            texts.Write(product.ProductId);
            texts.Write(product.Name);
            texts.Write(product.SellerSku);
            texts.Write(product.SkuId);
            texts.Write(product.ListingStatus);
            Write(writer, product.Gmv);
            Write(writer, product.CreatorGmv);
            Write(writer, product.Orders);
            Write(writer, product.Units);
        });
        WriteAll(writer, records.EarlierHandles.Values, earlier =>
        {
            texts.Write(earlier.Handle);
            texts.Write(earlier.Current);
            writer.Int(earlier.ChangedOn.DayNumber);
        });
        WriteAll(writer, store.Communications, entry =>
        {
            texts.Write(entry.Handle);
            texts.Write(entry.Channel);
            texts.Write(entry.Direction);
            texts.Write(entry.Status);
            texts.Write(entry.ExternalId);
            texts.Write(entry.Subject);
            writer.Long(entry.At.Ticks);
        });
    }

    public static InMemoryCreatorStore Read(SnapshotReader reader)
    {
        var store = new InMemoryCreatorStore();
        var texts = new SnapshotTexts(reader);
        var records = store.Records;
        var program = LoyaltyProgram.Parse(reader.TextBytes());
        store.Restore(program, reader.Int() is >= 0 and var day ? DateOnly.FromDayNumber(day) : null);
        records.Totals = new CreatorCounts(reader.Int(), reader.Int(), reader.Int(), reader.Int(), reader.Int(), reader.Int());
        ReadAll(reader, 4, () => records.Order.Add(Source(reader)));
        ReadAll(reader, 40, () => records.Imports.Add(new CreatorImport(
            reader.Int(), Source(reader), texts.Read(), texts.Read(), reader.Long(), reader.Long(), reader.Long())));
        ReadAll(reader, 20, () =>
        {
            var creator = new Creator
            {
                Handle = texts.Read(), Samples = reader.Int(), Videos = reader.Int(), Tags = ReadTexts(reader, texts), Evidence = ReadEvidence(reader, texts),
            };
            records.Creators.Add(creator.Handle, CreatorMerge.Merge(creator, records.Order));
        });
        ReadAll(reader, 50, () =>
        {
            var sample = ReadSample(reader, texts);
            records.Samples.Add((sample.OrderId, sample.SkuId), sample);
        });
        ReadAll(reader, 60, () =>
        {
            var video = ReadVideo(reader, texts);
            records.Videos.Add(video.Key, video);
        });
        ReadAll(reader, 40, () =>
        {
            var snapshot = ReadSnapshot(reader, texts);
            records.Snapshots.Add((snapshot.Handle, snapshot.Date, snapshot.Source), snapshot);
        });
        ReadAll(reader, 20, () =>
        {
            var link = new BrandLink
            {
                Brand = texts.Read(), Handle = texts.Read(), Samples = reader.Int(), Gmv = Amount(reader), Videos = Long(reader), Lives = Long(reader),
                ProductsSampled = texts.Read(),
            };
            records.Links.Add((link.Brand, link.Handle), link);
        });
        ReadAll(reader, 30, () =>
        {
            var product = new CreatorProduct
            {
                ProductId = texts.Read(), Name = texts.Read(), SellerSku = texts.Read(), SkuId = texts.Read(), ListingStatus = texts.Read(), Gmv = Amount(reader),
                CreatorGmv = Amount(reader), Orders = Long(reader), Units = Long(reader),
            };
            records.Products.Add(product.ProductId, product);
        });
        ReadAll(reader, 12, () =>
        {
            var earlier = new EarlierHandle(texts.Read(), texts.Read(), DateOnly.FromDayNumber(reader.Int()));
            records.EarlierHandles.Add(earlier.Handle, earlier);
        });
        ReadAll(reader, 32, () =>
        {
            var entry = new Communication
            {
                Handle = texts.Read(), Channel = texts.Read(), Direction = texts.Read(), Status = texts.Read(), ExternalId = texts.Read(), Subject = texts.Read(),
                At = new DateTime(reader.Long(), DateTimeKind.Utc),
            };
            store.CommunicationKeys.Add(CommunicationKey.Of(entry));
            store.Communications.Add(entry);
        });
        return store;
    }

    private static void Write(SnapshotWriter writer, in CreatorCounts counts)
    {
        writer.Int(counts.Creators);
        writer.Int(counts.Samples);
        writer.Int(counts.Videos);
        writer.Int(counts.Snapshots);
        writer.Int(counts.BrandLinks);
        writer.Int(counts.Products);
    }

    // Loops, because there are some ten statements for each creator, and a delegate for each of them would be most of what a snapshot allocates.
    private static void Write(SnapshotWriter writer, SnapshotTexts texts, CreatorEvidence evidence)
    {
        writer.Int(evidence.Span.Length);
        foreach (var source in evidence.Span)
        {
            writer.Int((int)source.Source);
            writer.Int(source.Span.Length);
            foreach (var field in source.Span)
            {
                writer.Int((int)field.Field);
                writer.Int(field.File);
                writer.Int(field.Span.Length);
                foreach (ref readonly var said in field.Span)
                {
                    texts.Write(said.Value);
                    writer.Int(said.Rows);
                    writer.Long(said.Line);
                }
            }
        }
    }

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, IReadOnlyList<string> words)
    {
        writer.Int(words.Count);
        for (var i = 0; i < words.Count; i++)
        {
            texts.Write(words[i]);
        }
    }

    private static CreatorEvidence ReadEvidence(SnapshotReader reader, SnapshotTexts texts)
    {
        var sources = new SourceEvidence[reader.Count(8)];
        for (var i = 0; i < sources.Length; i++)
        {
            var source = Source(reader);
            var fields = new FieldStatements[reader.Count(12)];
            for (var j = 0; j < fields.Length; j++)
            {
                var field = (CreatorField)reader.Below((int)CreatorField.Gmv + 1);
                var file = reader.Int();
                var said = new Statement[reader.Count(16)];
                for (var k = 0; k < said.Length; k++)
                {
                    said[k] = new Statement(texts.Read(), reader.Int(), reader.Long());
                }

                fields[j] = new FieldStatements(field, file, said);
            }

            sources[i] = new SourceEvidence(source, fields);
        }

        return new CreatorEvidence(sources);
    }

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, CreatorSample sample)
    {
        texts.Write(sample.OrderId);
        texts.Write(sample.SkuId);
        texts.Write(sample.Handle);
        texts.Write(sample.Brand);
        texts.Write(sample.ProductId);
        texts.Write(sample.SellerSku);
        texts.Write(sample.ProductName);
        texts.Write(sample.Variation);
        Write(writer, sample.Quantity);
        texts.Write(sample.Status);
        Write(writer, sample.OrderedAt?.Ticks);
        Write(writer, sample.ShippedAt?.Ticks);
        Write(writer, sample.DeliveredAt?.Ticks);
        Write(writer, sample.CancelledAt?.Ticks);
    }

    private static CreatorSample ReadSample(SnapshotReader reader, SnapshotTexts texts) => new()
    {
        OrderId = texts.Read(), SkuId = texts.Read(), Handle = texts.Read(), Brand = texts.Read(), ProductId = texts.Read(), SellerSku = texts.Read(),
        ProductName = texts.Read(), Variation = texts.Read(), Quantity = (int?)Long(reader), Status = texts.Read(), OrderedAt = Time(reader),
        ShippedAt = Time(reader), DeliveredAt = Time(reader), CancelledAt = Time(reader),
    };

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, CreatorVideo video)
    {
        texts.Write(video.Key);
        texts.Write(video.Handle);
        writer.Int(video.PostedOn.DayNumber);
        texts.Write(video.Url);
        texts.Write(video.Title);
        Write(writer, video.Gmv);
        writer.Long(video.Units);
        writer.Long(video.Orders);
        writer.Long(video.Impressions);
        writer.Long(video.Likes);
        writer.Long(video.Comments);
        Write(writer, video.ClickThroughPercent);
        Write(writer, video.Commission);
        Write(writer, texts, video.Products);
    }

    private static CreatorVideo ReadVideo(SnapshotReader reader, SnapshotTexts texts) => new()
    {
        Key = texts.Read(), Handle = texts.Read(), PostedOn = DateOnly.FromDayNumber(reader.Int()), Url = texts.Read(), Title = texts.Read(),
        Gmv = Amount(reader) ?? 0, Units = reader.Long(), Orders = reader.Long(), Impressions = reader.Long(), Likes = reader.Long(), Comments = reader.Long(),
        ClickThroughPercent = Amount(reader), Commission = Amount(reader), Products = ReadTexts(reader, texts),
    };

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, CreatorSnapshot snapshot)
    {
        texts.Write(snapshot.Handle);
        writer.Int(snapshot.Date.DayNumber);
        writer.Int((int)snapshot.Source);
        foreach (var figure in (ReadOnlySpan<long?>)
            [snapshot.Followers, snapshot.Posts, snapshot.Likes, snapshot.Comments, snapshot.Shares, snapshot.Engagement, snapshot.Impressions])
        {
            Write(writer, figure);
        }

        Write(writer, snapshot.Gmv);
        Write(writer, snapshot.Emv);
        texts.Write(snapshot.Platform);
        texts.Write(snapshot.Profile);
        texts.Write(snapshot.LastPost);
    }

    private static CreatorSnapshot ReadSnapshot(SnapshotReader reader, SnapshotTexts texts) => new()
    {
        Handle = texts.Read(), Date = DateOnly.FromDayNumber(reader.Int()), Source = Source(reader), Followers = Long(reader), Posts = Long(reader),
        Likes = Long(reader), Comments = Long(reader), Shares = Long(reader), Engagement = Long(reader), Impressions = Long(reader), Gmv = Amount(reader),
        Emv = Amount(reader), Platform = texts.Read(), Profile = texts.Read(), LastPost = texts.Read(),
    };

    private static CreatorSource Source(SnapshotReader reader) => (CreatorSource)reader.Below((int)CreatorSource.Products + 1);

    private static string[] ReadTexts(SnapshotReader reader, SnapshotTexts texts)
    {
        var read = new string[reader.Count(4)];
        for (var i = 0; i < read.Length; i++)
        {
            read[i] = texts.Read();
        }

        return read;
    }

    private static void Write(SnapshotWriter writer, long? number)
    {
        writer.Int(number is null ? 0 : 1);
        if (number is { } value)
        {
            writer.Long(value);
        }
    }

    private static long? Long(SnapshotReader reader) => reader.Below(2) == 0 ? null : reader.Long();

    private static DateTime? Time(SnapshotReader reader) => Long(reader) is { } ticks ? new DateTime(ticks, DateTimeKind.Unspecified) : null;

    private static void Write(SnapshotWriter writer, decimal? number)
    {
        writer.Int(number is null ? 0 : 1);
        if (number is { } value)
        {
            Span<int> bits = stackalloc int[4];
            decimal.GetBits(value, bits);
            writer.Column<int>(bits);
        }
    }

    private static decimal? Amount(SnapshotReader reader) => reader.Below(2) == 0 ? null : new decimal(reader.Column<int>(4));

    private static void WriteAll<T>(SnapshotWriter writer, IReadOnlyCollection<T> items, Action<T> write)
    {
        writer.Int(items.Count);
        foreach (var item in items)
        {
            write(item);
        }
    }

    private static void ReadAll(SnapshotReader reader, int size, Action read)
    {
        for (var left = reader.Count(size); left > 0; left--)
        {
            read();
        }
    }
}
